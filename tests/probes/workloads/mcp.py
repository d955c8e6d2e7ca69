"""An MCP server on standard input and output, with one tool: it reads a file of the project."""
import json, sys


def answer(asked):
    method, given = asked['method'], asked.get('params', {})
    if method == 'initialize':
        return {'protocolVersion': given['protocolVersion'], 'capabilities': {'tools': {}},
                'serverInfo': {'name': 'reader', 'version': '1'}}
    if method == 'tools/list':
        return {'tools': [{'name': 'read', 'inputSchema': {'type': 'object'}}]}
    try:
        with open(given['arguments']['path']) as file:
            return {'content': [{'type': 'text', 'text': file.read()}]}
    except OSError as error:
        return {'isError': True, 'content': [{'type': 'text', 'text': error.strerror}]}


for line in sys.stdin:
    asked = json.loads(line)
    if 'id' in asked:
        print(json.dumps({'jsonrpc': '2.0', 'id': asked['id'], 'result': answer(asked)}), flush=True)
