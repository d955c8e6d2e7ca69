// HTTP/2: serves it at an address, or asks for it. `serve DIRECTORY ADDRESS`, or `ask URL`: 50 requests at once on one connection.
import { readFileSync } from 'node:fs';
import { connect, createSecureServer } from 'node:http2';

const [what, ...rest] = process.argv.slice(2);
if (what === 'serve') {
    const [place, address] = rest;
    const files = { key: readFileSync(`${place}/server.key`), cert: readFileSync(`${place}/server.pem`), allowHTTP1: false };
    const server = createSecureServer(files, (request, response) => response.end(`${request.httpVersion} ${request.url}\n`));
    server.listen(443, address, () => console.log('ready'));
} else {
    const session = connect(rest[0]);
    session.on('error', (error) => { console.error(error.message); process.exit(1); });
    const ask = (number) => new Promise((resolve, reject) => {
        const stream = session.request({ ':path': `/${number}` });
        let text = '';
        stream.setEncoding('utf8');
        stream.on('data', (part) => { text += part; });
        stream.on('end', () => resolve(text === `2.0 /${number}\n`));
        stream.on('error', reject);
    });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => ask(number)));
    session.close();
    console.log(`${answers.filter(Boolean).length} answers`);
}
