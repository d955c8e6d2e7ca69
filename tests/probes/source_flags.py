"""Writes to and executes from a directory that the host has mounted with flags."""

import subprocess
def execute():
    subprocess.run(['/locked/program'], check=True)
show(write=attempt(write, '/locked/new'), execute=attempt(execute))
