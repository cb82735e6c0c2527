// Where the site under test and its sandbox listen, and where they keep their data. Chosen once: Playwright's
// workers load this module again, and inherit the environment of the process that chose.
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.E2E_ADDRESS ??= `127.0.0.1:${await freePort()}`;
process.env.E2E_SANDBOX_ADDRESS ??= `127.0.0.1:${await freePort()}`;
process.env.GROUNDSWELL_DATA_DIR ??= newDataDir();

export const address = process.env.E2E_ADDRESS;
export const sandboxAddress = process.env.E2E_SANDBOX_ADDRESS;
export const baseURL = `http://${address}`;
export const sandboxURL = `http://${sandboxAddress}`;
export const dataDir = process.env.GROUNDSWELL_DATA_DIR;

/** Below those that the system hands out by itself: until the server listens, one of these may be somebody's. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function newDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'groundswell-e2e-'));
  // Passable, not readable: as root, the server hands PostgreSQL to another user.
  chmodSync(dir, 0o711);
  return dir;
}
