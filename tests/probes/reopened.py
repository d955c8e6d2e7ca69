"""Opens a program again for writing through its descriptor."""

def reopened(path, end=lambda: None):
    def attack():
        file = os.open(path, os.O_PATH)
        end()
        os.close(os.open(f'/proc/self/fd/{file}', os.O_WRONLY))
    return attempt(attack)
