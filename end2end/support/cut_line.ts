// A line to the site that can be cut: between the browser and the server, where real lines are cut.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { address } from './site.ts';

export class Line {
  private readonly open = new Set<Socket>();
  private whole = true;

  private constructor(private readonly server: ReturnType<typeof createServer>) {
    server.on('connection', (browser) => this.connect(browser));
  }

  static async laid(): Promise<Line> {
    const server = createServer();
    const line = new Line(server);
    await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
    return line;
  }

  /** Where the site is, at the browser's end of the line. */
  get baseURL(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Everything under way ends at once, and nothing gets through until the line is mended. */
  cut(): void {
    this.whole = false;
    for (const socket of this.open) socket.destroy();
  }

  mend(): void {
    this.whole = true;
  }

  removed(): void {
    this.cut();
    this.server.close();
  }

  private connect(browser: Socket): void {
    if (!this.whole) {
      browser.destroy();
      return;
    }
    const [host, port] = address.split(':');
    const site = connect(Number(port), host);
    for (const [from, to] of [
      [browser, site],
      [site, browser],
    ] as const) {
      this.open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
