"""Types into the terminal of the caller."""

def inject(*arguments):
    return attempt(fcntl.ioctl, 0, *arguments)
high = ctypes.create_string_buffer(b'x')
show(terminal=os.isatty(0), tty=attempt(open, '/dev/tty'), type=inject(termios.TIOCSTI, b'x'),
     high=syscall(SYS_ioctl, 0, 0x100000000 | termios.TIOCSTI, high), linux=inject(0x541C, b'\x03'),
     control=inject(termios.TIOCSCTTY, 0), discipline=inject(termios.TIOCSETD, b'\x00' * 4))
