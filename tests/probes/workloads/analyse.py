"""An analyst: counts the functions of each module of the project, and names who wrote it."""
import ast, json, pathlib, subprocess

functions = {str(path): sum(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))
             for path in sorted(pathlib.Path('.').glob('*.py'))}
authors = subprocess.run(['git', 'log', '--format=%an'], capture_output=True, text=True, check=True).stdout.split()
with open('/output/functions.json', 'w') as file:
    json.dump({'functions': functions, 'authors': authors}, file)
