"""Registries of packages, a host of repositories and a site of its own, as real clients want them: HTTPS, several names at one address.

The arguments are a directory and the address to listen at. The directory gets an authority `ca.pem`, a key and a
certificate for all names, and `www`, in which a folder is a name's site.
"""
import base64, hashlib, http.server, io, json, os, socketserver, ssl, struct, subprocess, sys, tarfile, threading, time, zipfile

PLACE, ADDRESS = sys.argv[1:3]
NAMES = ('pypi.test', 'files.pypi.test', 'npm.test', 'crates.test', 'static.crates.test', 'git.test', 'deb.test', 'web.test',
         'http2.test', 'unlisted.test')
WWW = os.path.join(PLACE, 'www')


def openssl(*words):
    subprocess.run(['openssl', *words], cwd=PLACE, check=True, capture_output=True)


def make_certificates():
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '3', '-subj', '/CN=authority of a test')
    openssl('req', *key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server of a test')
    with open(os.path.join(PLACE, 'names'), 'w') as file:
        file.write('subjectAltName=' + ','.join('DNS:' + name for name in NAMES) + '\n')
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'server.pem',
            '-days', '3', '-extfile', 'names')


def put(site, path, content):
    path = os.path.join(WWW, site, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def packed(files, mode='w:gz'):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def make_wheel():
    out, info = io.BytesIO(), 'tiny-1.0.dist-info/'
    files = {
        'tiny.py': 'WORD = "from the wheel"\n',
        info + 'METADATA': 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n',
        info + 'WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    }
    files[info + 'RECORD'] = ''.join(name + ',,\n' for name in (*files, info + 'RECORD'))
    with zipfile.ZipFile(out, 'w') as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    name, digest = 'tiny-1.0-py3-none-any.whl', hashlib.sha256(out.getvalue()).hexdigest()
    put('files.pypi.test', name, out.getvalue())
    put('pypi.test', 'simple/tiny/index.html',
        f'<!DOCTYPE html><html><body><a href="https://files.pypi.test/{name}#sha256={digest}">{name}</a></body></html>')


def make_npm_package():
    package = {'name': 'tiny', 'version': '1.0.0', 'main': 'index.js'}
    archive = packed({'package/package.json': json.dumps(package), 'package/index.js': 'module.exports = "from npm"\n'})
    put('npm.test', 'tiny/-/tiny-1.0.0.tgz', archive)
    integrity = 'sha512-' + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    dist = {'tarball': 'https://npm.test/tiny/-/tiny-1.0.0.tgz', 'integrity': integrity, 'shasum': hashlib.sha1(archive).hexdigest()}
    put('npm.test', 'tiny/index.html',
        json.dumps({'name': 'tiny', 'dist-tags': {'latest': '1.0.0'}, 'versions': {'1.0.0': {**package, 'dist': dist}}}))


def make_crate():
    manifest = '[package]\nname = "tiny"\nversion = "1.0.0"\nedition = "2021"\n'
    crate = packed({'tiny-1.0.0/Cargo.toml': manifest, 'tiny-1.0.0/src/lib.rs': 'pub const WORD: &str = "from the crate";\n'})
    put('static.crates.test', 'crates/tiny/1.0.0/download', crate)
    put('crates.test', 'config.json', json.dumps({'dl': 'https://static.crates.test/crates', 'api': None}))
    put('crates.test', 'ti/ny/tiny', json.dumps(
        {'name': 'tiny', 'vers': '1.0.0', 'deps': [], 'cksum': hashlib.sha256(crate).hexdigest(), 'features': {}, 'yanked': False}) + '\n')


def make_debian_package():
    control = 'Package: tiny\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: tiny\n'
    parts = {'debian-binary': b'2.0\n', 'control.tar.gz': packed({'./control': control}),
             'data.tar.gz': packed({'./usr/share/tiny/word': 'from the archive\n'})}
    archive = b'!<arch>\n'
    for name, content in parts.items():
        archive += f'{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n'.encode() + content + b'\n' * (len(content) % 2)
    put('deb.test', 'tiny_1.0_all.deb', archive)
    packages = control + f'Filename: ./tiny_1.0_all.deb\nSize: {len(archive)}\nSHA256: {hashlib.sha256(archive).hexdigest()}\n\n'
    put('deb.test', 'Packages', packages)
    put('deb.test', 'Release', 'Date: ' + time.strftime('%a, %d %b %Y %H:%M:%S UTC', time.gmtime()) + '\nSHA256:\n '
        + f'{hashlib.sha256(packages.encode()).hexdigest()} {len(packages)} Packages\n')


def make_repository():
    path, git = os.path.join(WWW, 'git.test', 'tiny.git'), ['git', '-c', 'user.name=nobody', '-c', 'user.email=nobody@example.org']
    work = os.path.join(PLACE, 'work')
    put('../work', 'word', 'from the repository\n')
    for words in (['init', '-q', '-b', 'main'], ['add', 'word'], ['commit', '-q', '-m', 'One word'], ['clone', '-q', '--bare', '.', path]):
        subprocess.run(git + words, cwd=work, check=True, capture_output=True)


def frame(opcode, content):
    length = len(content)
    return bytes([0x80 | opcode]) + (bytes([length]) if length < 126 else struct.pack('>BH', 126, length)) + content


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def reply(self, content, kind='application/octet-stream', status=200):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)

    def do_GET(self):
        site, path = self.headers.get('Host', '').split(':')[0], self.path.split('?')[0].lstrip('/')
        if site == 'git.test':
            return self.git()
        if path == 'events':
            return self.events()
        if path == 'socket':
            return self.web_socket()
        if path == 'big':
            return self.reply(bytes(20 << 20))
        found = os.path.normpath(os.path.join(WWW, site, path))
        if found.startswith(os.path.join(WWW, site)):
            found = os.path.join(found, 'index.html') if os.path.isdir(found) else found
            if os.path.isfile(found):
                kind = {'npm.test': 'application/json', 'pypi.test': 'text/html'}.get(site, 'application/octet-stream')
                with open(found, 'rb') as file:
                    return self.reply(file.read(), kind)
        self.reply(b'there is no such thing\n', 'text/plain', 404)

    do_HEAD = do_GET

    def do_POST(self):
        if self.headers.get('Host') == 'git.test':
            return self.git()
        content = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.reply(hashlib.sha256(content).hexdigest().encode(), 'text/plain')

    def git(self):
        """Git's own program for smart HTTP, as a web server starts it (git-http-backend(1))."""
        path, _, query = self.path.partition('?')
        variables = {'GIT_PROJECT_ROOT': os.path.join(WWW, 'git.test'), 'GIT_HTTP_EXPORT_ALL': '1', 'PATH_INFO': path,
                     'QUERY_STRING': query, 'REQUEST_METHOD': self.command, 'CONTENT_TYPE': self.headers.get('Content-Type', ''),
                     'GIT_PROTOCOL': self.headers.get('Git-Protocol', ''), 'PATH': os.environ['PATH'],
                     'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding', '')}
        content = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        done = subprocess.run(['git', 'http-backend'], input=content, env=variables, capture_output=True)
        head, _, body = done.stdout.partition(b'\r\n\r\n')
        fields = dict(line.split(': ', 1) for line in head.decode().split('\r\n') if ': ' in line)
        self.reply(body, fields.get('Content-Type', 'text/plain'), int(fields.get('Status', '200').split(' ')[0]))

    def events(self):
        """Server-sent events: one at once, then one each tenth of a second, for three seconds."""
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        for number in range(31):
            self.wfile.write(f'id: {number}\ndata: {time.time()}\n\n'.encode())
            self.wfile.flush()
            time.sleep(0.1)
        self.close_connection = True

    def web_socket(self):
        """Answers each message of a WebSocket with itself (RFC 6455)."""
        key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        self.send_response(101)
        for name, value in (('Upgrade', 'websocket'), ('Connection', 'Upgrade'),
                            ('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            length = head[1] & 0x7f
            if length == 126:
                length, = struct.unpack('>H', self.rfile.read(2))
            mask = self.rfile.read(4)
            content = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(length)))
            self.wfile.write(frame(head[0] & 0xf, content))
            if head[0] & 0xf == 8:
                return


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def finish_request(self, request, client_address):
        # The handshake is the thread's: a client that is silent holds up nobody else.
        try:
            secured = context.wrap_socket(request, server_side=True)
            self.RequestHandlerClass(secured, client_address, self)
            secured.unwrap()
        except (OSError, ValueError):
            pass


make_certificates()
for make in (make_wheel, make_npm_package, make_crate, make_debian_package, make_repository):
    make()
for site in ('web.test', 'unlisted.test'):
    put(site, 'hello', f'hello from {site}\n')
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(PLACE, 'server.pem'), os.path.join(PLACE, 'server.key'))
server = Server((ADDRESS, 443), Handler)
print('ready', flush=True)
server.serve_forever()
