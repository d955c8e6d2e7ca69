"""A site of three pages, one of which links to a private address. The argument is its address."""
import http.server, sys

PAGES = {
    '/': '<title>Home</title><a href="a">A</a><a href="/b">B</a>',
    '/a': '<title>First</title><a href="/">Home</a>',
    '/b': '<title>Second</title><a href="http://10.1.0.7/admin">Admin</a>',
}


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.end_headers()
        self.wfile.write((page or '').encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer((sys.argv[1], 80), Site)
print('ready', flush=True)
server.serve_forever()
