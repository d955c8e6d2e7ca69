"""Lists the pods of a cluster by the account in ./kubeconfig, and writes their names."""
import json, os, urllib.request

with open(os.environ['KUBECONFIG']) as file:
    account = json.load(file)
asked = urllib.request.Request(account['server'] + '/api/v1/namespaces/default/pods')
asked.add_header('Authorization', 'Bearer ' + account['token'])
with urllib.request.urlopen(asked, timeout=5) as answer, open('/output/pods', 'w') as pods:
    print(*(pod['metadata']['name'] for pod in json.load(answer)['items']), file=pods)
