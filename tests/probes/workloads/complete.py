"""Asks a model's server of this host, and prints what it answers. The argument is the port."""
import json, sys, urllib.request

asked = json.dumps({'prompt': 'purple', 'max_tokens': 3}).encode()
with urllib.request.urlopen(f'http://127.0.0.1:{sys.argv[1]}/v1/completions', asked, 10) as answer:
    print(json.load(answer)['text'])
