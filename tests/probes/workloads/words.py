"""What a model may have written: reads a file of the project, and writes its words."""
import json

with open('/output/result', 'w') as file:
    json.dump(open('README').read().split(), file)
