"""A model's server: answers one request with the words that the project's model gives. The argument is the port."""
import http.server, json, sys

with open('model.json') as file:
    MODEL = json.load(file)


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        words = [asked['prompt']]
        while words[-1] in MODEL and len(words) < asked['max_tokens']:
            words.append(MODEL[words[-1]])
        answer = json.dumps({'text': ' '.join(words)}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(('0.0.0.0', int(sys.argv[1])), Server)
print('ready', flush=True)
server.handle_request()
