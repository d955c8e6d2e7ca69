//! The project that root starts a sandbox in: it belongs to somebody else than the program is outside.

use purple_tests::identity::{OUTSIDE_FOR_ROOT, can_mount};
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish, piped};
use purple_tests::test_dir::TestDir;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

scenarios! {
    a_project_is_shown_as_the_programs_own
    a_project_of_others_is_shown_as_it_is
    without_id_maps_a_project_is_shown_as_others_see_it
    an_output_path_of_the_programs_own_needs_no_id_map
    root_of_a_container_is_told_why_it_is_refused
    a_directory_of_the_host_is_no_project
    a_path_that_goes_up_is_not_the_projects
}

/// Who a closed file belongs to inside, and what is in it.
const READ: [&str; 3] = ["sh", "-c", "stat -c %U private; cat private"];

/// A project that only its owner may enter, with a file that only its owner may read.
fn private_project(place: &TestDir) {
    set_permissions(place.dir("project"), Permissions::from_mode(0o700)).expect("its own");
    let private = place.file("project/private", "a secret\n");
    set_permissions(private, Permissions::from_mode(0o600)).expect("its own");
}

fn read(place: &TestDir, host: &str) -> Finished {
    let policy = Policy::new(place).shows(host, "/project");
    let plan = policy.starts_in("/project").compile(place);
    Run::new(place, &plan, &READ).finish()
}

/// By a relative path only: an absolute one may lead to anything of the host's.
fn a_project_is_shown_as_the_programs_own(place: &TestDir) {
    private_project(place);
    assert_eq!(read(place, "project").good(), "agent\na secret\n");
    let absolute = read(place, &place.text("project"));
    if !place.who.is_root() {
        assert_eq!(absolute.good(), "agent\na secret\n");
        return;
    }
    let why = "is closed to the program's id outside (--outside-id)";
    let message = format!("purple-exec: working directory: /project {why}: EACCES (policy line ");
    assert!(absolute.stderr.starts_with(&message), "{absolute}");
    let open = Permissions::from_mode(0o755);
    set_permissions(place.at("project"), open).expect("its own");
    let absolute = read(place, &place.text("project"));
    assert_eq!(absolute.out(), "nobody\n", "{absolute}");
    assert!(absolute.stderr.contains("Permission denied"), "{absolute}");
}

/// Who owns the project's directory is the one whose files are the program's.
fn a_project_of_others_is_shown_as_it_is(place: &TestDir) {
    if !place.who.is_root() {
        // Only root can give a file away.
        return;
    }
    private_project(place);
    let other = Some(nix::unistd::Uid::from_raw(4242));
    nix::unistd::chown(&place.at("project/private"), other, None).expect("root may");
    let done = read(place, "project");
    assert_eq!(done.out(), "nobody\n", "{done}");
    assert!(done.stderr.contains("Permission denied"), "{done}");
}

/// Runs a command by purple-exec in a directory `place/merged` that is an overlay with the project and an output
/// directory in it; `outside` owns the latter. The overlay is gone with the run.
fn on_overlayfs(
    place: &TestDir,
    plan: &Path,
    owner: u32,
    options: &[&str],
    command: &[&str],
) -> Finished {
    for name in ["lower", "upper", "work", "merged"] {
        if !place.at(name).exists() {
            place.dir(name);
        }
    }
    let script = format!(
        "mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged && cd merged && \
         mkdir -p out project && echo text > project/readable && chown {owner}:{owner} out && exec \"$@\""
    );
    Run::new(place, plan, command)
        .wrapped_by_root(&["unshare", "--mount", "sh", "-c", &script, "sh"])
        .option(options)
        .finish()
}

fn without_id_maps_a_project_is_shown_as_others_see_it(place: &TestDir) {
    let name = "project-without_id_maps_a_project_is_shown_as_others_see_it";
    if !place.who.is_root() || !can_mount(name) {
        return;
    }
    let policy = Policy::new(place).shows("project", "/project");
    let plan = policy.compile(place);
    let command = ["sh", "-c", "stat -c %U /project; cat /project/readable"];
    let done = on_overlayfs(place, &plan, 0, &[], &command);
    assert_eq!(done.good(), "nobody\ntext\n");
}

fn an_output_path_of_the_programs_own_needs_no_id_map(place: &TestDir) {
    let name = "project-an_output_path_of_the_programs_own_needs_no_id_map";
    if !place.who.is_root() || !can_mount(name) {
        return;
    }
    let policy = Policy::bare(place)
        .shows("/usr", "/usr")
        .writes("out", "/out");
    let plan = policy.compile(place);
    let run = |options: &[&str]| {
        let command = ["sh", "-c", "> /out/made && stat -c %U:%G /out /out/made"];
        on_overlayfs(place, &plan, 4242, options, &command)
    };
    let refused = run(&[]);
    assert_eq!(refused.code(), 125, "{refused}");
    let why = "purple-exec: mount: the file system of out takes no id-mapped mount, ";
    assert!(refused.stderr.starts_with(why), "{refused}");
    assert!(refused.stderr.contains("--outside-id"), "{refused}");
    assert_eq!(
        run(&["--outside-id", "4242"]).good(),
        "agent:agent\nagent:agent\n"
    );
    let other = run(&["--outside-id", "4243"]);
    assert!(other.stderr.starts_with(why), "{other}");
}

fn root_of_a_container_is_told_why_it_is_refused(place: &TestDir) {
    install(place);
    let plan = Policy::new(place).compile(place);
    let why = format!(
        "root of a user namespace in which id {OUTSIDE_FOR_ROOT} is not mapped: start it as an ordinary user, in the container or outside of it"
    );
    let container = ["unshare", "--user", "--map-root-user"];
    let run = Run::new(place, &plan, &["true"])
        .wrapped(&container)
        .finish();
    run.refused(125, &format!("identity: {why}"));
    let plan = plan.to_str().expect("UTF-8");
    let purple = purple(place, &["run", "--plan", plan, "--", "true"]);
    let mut command = std::process::Command::new("unshare");
    command
        .args(&container[1..])
        .arg(purple.get_program())
        .args(purple.get_args());
    command
        .current_dir(place.at(""))
        .env("XDG_STATE_HOME", "/nowhere");
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let done = finished(command);
    assert_eq!(
        (done.code(), done.stderr.as_str()),
        (125, format!("purple: {why}\n").as_str())
    );
    let mut command = std::process::Command::new("unshare");
    command
        .args(&container[1..])
        .arg(place.at("purple"))
        .arg("doctor");
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let done = finished(command);
    let (found, fix) = why.split_once(": ").expect("two parts");
    for part in [found, &format!("fix: {fix}")] {
        assert!(done.out().contains(part), "{done}");
    }
}

/// What only root may read there would be the program's.
fn a_directory_of_the_host_is_no_project(place: &TestDir) {
    if !place.who.is_root() {
        // To anybody else it shows what is theirs.
        return;
    }
    install(place);
    let policy = place.file("policy.yaml", "name: a\nextends: ai-dev-safe\n");
    let policy = policy.to_str().expect("UTF-8");
    let run = [
        "run",
        "--policy",
        policy,
        "--unenforced",
        "cgroup",
        "--",
        "true",
    ];
    for directory in ["/etc", "/etc/ssl", "/var/log", "/proc/self"] {
        let mut command = purple(place, &run);
        command.current_dir(directory);
        let done = finished(command);
        let advice = "and it is the host's own: start from a project's directory";
        assert!(done.stderr.contains(advice), "{directory}: {done}");
        assert_eq!(done.code(), 125, "{directory}: {done}");
    }
    // By another name of the host's directory.
    let words = "mount --bind /etc named && cd named && exec \"$@\"";
    place.dir("named");
    let mut command = std::process::Command::new("unshare");
    command
        .args(["-m", "--propagation", "private", "sh", "-c", words, "sh"])
        .arg(place.at("purple"))
        .args(run)
        .current_dir(place.at(""))
        .env("XDG_STATE_HOME", place.at("home/.local/state"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let done = finished(command);
    assert!(done.stderr.contains("and it is the host's own"), "{done}");
    assert_eq!(done.code(), 125, "{done}");
}

/// What lies beside the project is shown as others see it.
fn a_path_that_goes_up_is_not_the_projects(place: &TestDir) {
    private_project(place);
    place.dir("here");
    set_permissions(place.at("project"), Permissions::from_mode(0o755)).expect("its own");
    let policy = Policy::new(place).shows("../project", "/project");
    let plan = policy.starts_in("/project").compile(place);
    let run = Run::new(place, &plan, &READ);
    let mut command = run.command();
    command.current_dir(place.at("here"));
    let done = finish(piped(&mut command), &[], std::time::Duration::from_mins(1));
    if place.who.is_root() {
        assert_eq!(done.out(), "nobody\n", "{done}");
    } else {
        assert_eq!(done.out(), "agent\na secret\n", "{done}");
    }
}
