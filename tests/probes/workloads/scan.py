"""A scanner: looks for keys in all files of a tree and in all that its history has had, and writes a report."""
import json, os, re, subprocess

KEY = re.compile(r'AKIA[0-9A-Z]{16}')
found = []
for directory, names, files in os.walk('.'):
    names[:] = sorted(name for name in names if name != '.git')
    for name in sorted(files):
        path = os.path.join(directory, name)
        with open(path, errors='replace') as file:
            found += [{'file': path, 'line': number} for number, line in enumerate(file, 1) if KEY.search(line)]
history = subprocess.run(['git', 'log', '-p', '--all'], capture_output=True, text=True, check=True).stdout
keys = sorted({key for line in history.splitlines() if line.startswith('-') for key in KEY.findall(line)})
with open('/output/report.json', 'w') as file:
    json.dump({'files': found, 'removed': keys}, file)
