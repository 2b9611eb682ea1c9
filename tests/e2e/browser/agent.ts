/**
 * The real binary on a home of its own. Started and ended by the test that needs it; nothing is shared, nothing is left
 * running.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BINARY = process.env['LINEKEEPER_BIN'] ?? join(import.meta.dirname, '../../../target/debug/linekeeper');
const DEADLINE_MS = 20_000;

/** A port nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** One process of the binary, with what it wrote for the failure message. */
class Program {
  private output = '';

  private constructor(private readonly process: ChildProcess) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-4000)));
    }
  }

  static start(args: string[], home: string): Program {
    // Only what the binary needs: a WEBSOCKET_… variable of this machine would add an endpoint.
    const env = { PATH: process.env['PATH'], HOME: home, LINEKEEPER_HOME: home };
    return new Program(spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Waits for `ready` to give a value, as long as the process lives. */
  async until<T>(ready: () => Promise<T | null>): Promise<T> {
    for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await sleep(50)) {
      const value = await ready().catch(() => null);
      if (value !== null) return value;
      if (this.process.exitCode !== null) break;
    }
    throw new Error(`not ready (exit code ${String(this.process.exitCode)}):\n${this.output}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }
}

/** Id, name, path, first message; as in `Settings::demo` of the agent. */
const FEEDS = [
  ['monitoring', 'System monitoring', '/api/monitoring/ws'],
  ['market', 'Market data', '/ws/market_data', '{"action":"subscribe","symbols":["BTC","ETH","SOL"]}'],
  ['news', 'News', '/ws/news'],
  ['sentiment', 'Sentiment', '/ws/sentiment'],
  ['models', 'AI models', '/ws/huggingface'],
  ['hub', 'Hub', '/ws'],
] as const;

interface GatewayFile {
  url: string;
  token: string;
  pid: number;
}

export class Agent {
  private program: Program | null = null;
  private file: GatewayFile | null = null;

  private constructor(
    private readonly home: string,
    private readonly args: string[],
  ) {}

  /** `linekeeper run --demo`. Its demo server has a fixed port: one that runs already is shared, and may end any time. */
  static async demo(): Promise<Agent> {
    return Agent.launch({}, ['run', '--demo']);
  }

  /** The same six connections on a demo server of the test's own. */
  static async onFeeds(demo: DemoServer, heartbeat = 5000): Promise<Agent> {
    const feed = ([id, name, path, first]: readonly string[], i: number) => [
      id,
      { url: `ws://127.0.0.1:${demo.port}${path}`, name, priority: i + 1, on_connect: first ? [JSON.parse(first)] : [] },
    ];
    return Agent.withConfig({
      websocket: { connections: Object.fromEntries(FEEDS.map(feed)), heartbeat: { interval: heartbeat } },
      gateway: { listen: '127.0.0.1:0' },
    });
  }

  static async withConfig(config: object): Promise<Agent> {
    return Agent.launch(config, ['run']);
  }

  private static async launch(config: object, args: string[]): Promise<Agent> {
    const home = await mkdtemp(join(tmpdir(), 'linekeeper-browser-'));
    await writeFile(join(home, 'config.json'), JSON.stringify(config));
    const agent = new Agent(home, args);
    await agent.start();
    return agent;
  }

  async start(): Promise<void> {
    this.program = Program.start(this.args, this.home);
    const { pid } = this.program;
    this.file = await this.program.until(async () => {
      const file = JSON.parse(await readFile(join(this.home, 'run/gateway.json'), 'utf8')) as GatewayFile;
      return file.pid === pid ? file : null;
    });
  }

  get url(): string {
    return this.file?.url ?? '';
  }

  /** What `linekeeper status` prints on a terminal. */
  get link(): string {
    return `${this.url}/#token=${this.file?.token ?? ''}`;
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.program?.stop(signal);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}

/** The demo endpoints in a process of their own, on a port that stays the same over restarts. */
export class DemoServer {
  private program: Program | null = null;

  private constructor(
    private readonly home: string,
    readonly port: number,
  ) {}

  static async start(): Promise<DemoServer> {
    const server = new DemoServer(await mkdtemp(join(tmpdir(), 'linekeeper-demo-')), await freePort());
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    this.program = Program.start(['demo', '--listen', `127.0.0.1:${this.port}`], this.home);
    await this.program.until(async () => ((await fetch(`http://127.0.0.1:${this.port}/connections`)).ok ? true : null));
  }

  async stop(): Promise<void> {
    await this.program?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}
