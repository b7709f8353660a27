/** Serves a folder to this machine alone, for a look at it: `node www/tools/serve.mjs target/site 8017`. */

import { createServer } from 'node:http';
import process from 'node:process';

import sirv from 'sirv';

const [, , folder, port] = process.argv;
const server = createServer(sirv(folder, { dev: true })); // Files are looked up anew for each request, so a rebuilt site is seen.

server.on('error', (error) => {
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  console.error(isTaken ? `port ${port} is in use; choose another one: make demo PORT=${Number(port) + 1}` : error.message);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`\n    http://127.0.0.1:${port}/    Ctrl-C stops it\n`));
