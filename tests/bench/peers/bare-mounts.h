/* The bare peer, its second part: the steps that build the file system, each as the plan has it. */
static void set_attributes(int fd, const char *path, uint64_t set, uint64_t propagation, int ns, int flags)
{
    uint64_t change[4] = { set, 0, propagation, ns };
    must(syscall(MOUNT_SETATTR, fd, path, EMPTY_PATH | flags, change, sizeof change), "mount_setattr");
}

static int below(const struct step *step)
{
    return step->flags & RECURSIVE ? AT_REC : 0;
}

static int tree_of(int dir, const char *path, int more)
{
    return syscall(OPEN_TREE, dir, path, TREE_CLONE | O_CLOEXEC | (*path ? 0 : EMPTY_PATH) | more);
}

static void move_to(int tree, int dir, const char *path)
{
    must(syscall(MOVE_MOUNT, tree, "", dir, path, FROM_EMPTY | (*path ? 0 : TO_EMPTY)), path);
}

static int filesystem(const struct step *step, const char *type)
{
    char text[32];
    int context = must(syscall(FSOPEN, type, 1), type);
    if (!strcmp(type, "tmpfs")) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)step->size);
        must(syscall(FSCONFIG, context, 1, "size", text, 0), "size");
        snprintf(text, sizeof text, "%u", step->inodes);
        must(syscall(FSCONFIG, context, 1, "nr_inodes", text, 0), "nr_inodes");
        snprintf(text, sizeof text, "%04o", step->mode);
        must(syscall(FSCONFIG, context, 1, "mode", text, 0), "mode");
    } else if (!strcmp(type, "devpts")) {
        must(syscall(FSCONFIG, context, 1, "ptmxmode", "0666", 0), "ptmxmode");
        must(syscall(FSCONFIG, context, 1, "mode", "0620", 0), "mode");
    }
    must(syscall(FSCONFIG, context, 6, NULL, NULL, 0), type);
    int tree = must(syscall(FSMOUNT, context, 1, (unsigned)step->attrs), type);
    close(context);
    if (LOOK && !strcmp(type, "tmpfs")) {
        struct statfs limits;
        struct stat status;
        must(fstatfs(tree, &limits), type);
        must(syscall(SYS_fstat, tree, &status), type);
    }
    return tree;
}

/* The directory in which the last target was made. */
static int above_fd = -1;
static char above_path[4096];

static void forget_above(void)
{
    if (above_fd >= 0)
        close(above_fd);
    above_fd = -1;
    *above_path = 0;
}

/* The directory above a target, made with all above it where it is missing; and the last name. */
static int above(const char *target, const char **name)
{
    char path[4096], part[256];
    int dir = root_fd, fd;
    *name = strrchr(target, '/') + 1;
    snprintf(path, sizeof path, "%.*s", (int)(*name - target - 1), target);
    if (!strcmp(path, above_path))
        return above_fd >= 0 ? above_fd : root_fd;
    forget_above();
    if (!*path)
        return root_fd;
    strcpy(above_path, path);
    above_fd = open_below(root_fd, path, O_PATH | O_DIRECTORY, BELOW);
    if (above_fd >= 0)
        return above_fd;
    for (const char *at = path, *end; *at; at = end) {
        end = strchrnul(++at, '/');
        snprintf(part, sizeof part, "%.*s", (int)(end - at), at);
        fd = open_below(dir, part, O_PATH | O_DIRECTORY, BELOW);
        if (fd < 0) {
            must(mkdirat(dir, part, 0755), part);
            fd = must(open_below(dir, part, O_PATH | O_DIRECTORY, BELOW), part);
        }
        if (dir != root_fd)
            close(dir);
        dir = fd;
    }
    return above_fd = dir;
}

static int create(int dir, const char *name, unsigned mode)
{
    return syscall(SYS_openat, dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* Root shows what it owns as the payload's by an id-mapped mount. */
static void map_owner(int tree, const struct step *step)
{
    struct stat status;
    must(syscall(SYS_fstat, tree, &status), "fstat");
    pid_t holder = fork_into(CLONE_NEWUSER);
    if (holder == 0) {
        struct timespec patience = { 10, 0 };
        must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
        wait_signal(0, &patience);
        _exit(0);
    }
    int proc = proc_of(holder);
    put_map(proc, "gid_map", status.st_gid, ROOT_GID);
    put_map(proc, "uid_map", status.st_uid, ROOT_UID);
    int ns = open_at(proc, "ns/user", O_RDONLY);
    close(proc);
    kill(holder, SIGKILL);
    set_attributes(tree, "", IDMAP, 0, ns, below(step));
    close(ns);
}

/* Which sources are links that are made inside. Root looks when it opens a source, a user before. */
static char is_link[COUNT(STEPS)];

static void look_for_link(size_t at)
{
    char text[4096];
    size_t expected = strlen(STEPS[at].content);
    if (expected)
        is_link[at] = readlink(STEPS[at].source, text, sizeof text) == (ssize_t)expected
            && !memcmp(text, STEPS[at].content, expected);
}

static int source_of(const struct step *step)
{
    size_t at = step - STEPS;
    if (is_root)
        look_for_link(at);
    if (is_link[at])
        return -1;
    int place = open_below(AT_FDCWD, step->source, O_PATH, NO_SYMLINKS);
    if (place < 0 && errno == ELOOP)
        place = open_below(AT_FDCWD, step->source, O_PATH, 0);
    if (place < 0 && step->flags & OPTIONAL)
        return place;
    must(place, step->source);
    int tree = must(tree_of(place, "", below(step)), step->source);
    close(place);
    if (is_root && step->flags & OWNED)
        map_owner(tree, step);
    return tree;
}

static void open_sources(int *sources)
{
    for (size_t i = 0; i < COUNT(STEPS); i++)
        if (STEPS[i].kind == BIND)
            sources[i] = source_of(&STEPS[i]);
}

static void attach(const struct step *step, int tree, int directory)
{
    const char *name;
    if (!(step->flags & EXISTING)) {
        int dir = above(step->target, &name);
        if ((directory ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0444, 0)) == 0) {
            move_to(tree, dir, name);
            return;
        }
    }
    int target = must(open_below(root_fd, step->target, O_PATH, BELOW), step->target);
    forget_above();
    move_to(tree, target, "");
    close(target);
}

static void cover(const struct step *step)
{
    unsigned short status[128];
    int target = open_below(root_fd, step->target, O_PATH, BELOW), tree;
    forget_above();
    if (target < 0)
        return;
    must(syscall(SYS_statx, target, "", EMPTY_PATH, 0x7ff | 0x1000, status), step->target);
    if (step->kind == REBIND) {
        tree = must(tree_of(target, "", AT_REC), step->target);
        set_attributes(tree, "", step->attrs, PRIVATE, 0, below(step));
        move_to(tree, target, "");
        close(tree);
        close(target);
        return;
    }
    int *used = S_ISDIR(status[14]) ? &cover_directory : &cover_file; /* stx_mode */
    if (*used >= 0)
        tree = must(tree_of(*used, "", 0), step->target);
    else if (used == &cover_directory)
        tree = filesystem(step, "tmpfs");
    else {
        tree = must(tree_of(AT_FDCWD, "/dev/null", 0), "/dev/null");
        set_attributes(tree, "", step->attrs, 0, 0, below(step));
    }
    move_to(tree, target, "");
    if (*used >= 0)
        close(*used);
    *used = tree;
    close(target);
}

static void take(const struct step *step, int source)
{
    static const char *const types[] = { [TMPFS] = "tmpfs", [PROC] = "proc", [SYSFS] = "sysfs", [DEVPTS] = "devpts" };
    struct stat status;
    const char *name;
    char back[64];
    int tree, dir;
    switch (step->kind) {
    case TMPFS: case PROC: case SYSFS: case DEVPTS:
        tree = filesystem(step, types[step->kind]);
        attach(step, tree, 1);
        close(tree);
        return;
    case BIND:
        if (is_link[step - STEPS]) {
            dir = above(step->target, &name);
            must(symlinkat(step->content, dir, name), name);
        }
        if (source < 0)
            return;
        set_attributes(source, "", step->attrs, PRIVATE, 0, below(step));
        must(syscall(SYS_fstat, source, &status), step->target);
        attach(step, source, S_ISDIR(status.st_mode));
        return;
    case MASK: case REBIND:
        cover(step);
        return;
    case ATTRIBUTES:
        tree = must(open_below(root_fd, step->target, O_PATH, BELOW), step->target);
        set_attributes(tree, "", step->attrs, 0, 0, below(step));
        close(tree);
        return;
    case SETTING:
        tree = must(open_below(root_fd, step->target, O_RDWR, BELOW), step->target);
        must(write(tree, step->content, strlen(step->content)), step->target);
        if (LOOK)
            must(syscall(SYS_pread64, tree, back, sizeof back, 0), step->target);
        close(tree);
        return;
    }
    dir = above(step->target, &name);
    if (step->kind == REGULAR) {
        tree = must(create(dir, name, step->mode), name);
        if (*step->content)
            must(write(tree, step->content, strlen(step->content)), name);
        close(tree);
    } else if (step->kind == LINK) {
        must(symlinkat(step->content, dir, name), name);
    } else {
        must(mkdirat(dir, name, step->mode), name);
    }
}
