// Child processes, forked processes with messages, threads, a server and a client, and files.
const { execSync, fork, spawn } = require("node:child_process");
const { Worker, isMainThread, parentPort } = require("node:worker_threads");
const assert = require("node:assert"), fs = require("node:fs/promises"), http = require("node:http"), os = require("node:os");

const answer = (emitter, event) => new Promise((good, bad) => emitter.once(event, good).once("error", bad));

async function main() {
  assert.equal(execSync("echo sub").toString(), "sub\n");
  const cat = spawn("cat");
  cat.stdin.end("hello");
  assert.equal((await answer(cat.stdout, "data")).toString(), "hello");
  const child = fork(__filename, ["child"]);
  assert.deepEqual(await answer(child, "message"), { child: true });
  child.disconnect();
  const worker = new Worker(__filename);
  assert.equal(await answer(worker, "message"), 42);
  const server = http.createServer((_, response) => response.end("served")).listen(0, "127.0.0.1");
  await answer(server, "listening");
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(await response.text(), "served");
  server.close();
  await fs.writeFile("node.txt", "text");
  assert.equal(await fs.readFile("node.txt", "utf8"), "text");
  assert(Object.keys(os.networkInterfaces()).length > 0);
  console.log("done");
  process.exit(0);
}

if (!isMainThread) parentPort.postMessage(42);
else if (process.argv[2] === "child") process.send({ child: true });
else main();
