import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = resolve(process.env["COMFYSCHEDULER_BIN"] ?? "../bin/comfyscheduler");
const template = resolve("../workflows/flux_klein_api.json");

/** Service is a real scheduler with its simulated ComfyUI and a data directory of its own. */
export interface Service {
  readonly url: string;
  /** The token of the administrator that the first start makes. */
  readonly adminToken: () => Promise<string>;
  /** Deletes all that ComfyUI wrote. */
  readonly deleteOutput: () => Promise<void>;
  /** The files that ComfyUI was handed, by name. */
  readonly handed: () => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Asks the service as that administrator, such as "AdminService/CreateUser". */
  readonly ask: (method: string, request?: object) => Promise<Record<string, string>>;
  /** Ends the scheduler as a crash would; its data and its ComfyUI stay. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port with the same data. */
  readonly start: () => Promise<void>;
  /** Stops it for good and removes its data. */
  readonly dispose: () => Promise<void>;
}

/** ServiceOptions are the pace of the simulated ComfyUI and the margin of the slots. */
export interface ServiceOptions {
  /** Time of one of the four steps of a generation, such as "40ms". */
  readonly stepTime?: string;
  /** Length added to a slot, as a part of the estimate: long slots leave time to edit what is booked. */
  readonly slotMargin?: number;
  readonly startTime?: string;
  /** How people become users, and whether others see what is in a job. */
  readonly access?: { readonly mode?: "open" | "invite" | "closed"; readonly private_jobs?: boolean };
  readonly limits?: {
    readonly open_bookings?: number;
    readonly days_ahead?: number;
    readonly max_slot?: string;
    readonly open_minutes?: number;
    readonly minutes_per_day?: number;
  };
  /** Simulated ComfyUIs; one when absent. */
  readonly workers?: number;
  /** Workers on other machines that are switched off, between the first and the others. */
  readonly offline?: number;
  /** Opens the port at once, so that the boot can be watched. */
  readonly openWhileBooting?: boolean;
}

/** Starts a service on free ports; it is ready, or booting in sight, when this resolves. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "comfyscheduler-e2e-"));
  const port = await freePort();
  const ports = await Promise.all(Array.from({ length: options.workers ?? 1 }, freePort));
  await writeFile(join(folder, "config.json"), JSON.stringify(configuration(port, ports, options)));
  let child: ChildProcess | undefined;

  const ended = (process: ChildProcess) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((done) => process.once("exit", () => done()));
  const url = `http://127.0.0.1:${port}`;
  const service: Service = {
    url,
    start: async () => {
      const started = spawn(binary, ["serve", "--config", join(folder, "config.json")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let log = "";
      started.stderr?.on("data", (chunk) => {
        log += String(chunk);
      });
      child = started;
      await answers(url, started, () => log);
    },
    adminToken: async () => (await readFile(join(folder, "data", "admin-token"), "utf8")).trim(),
    deleteOutput: () => rm(join(folder, "data", "simulated", "output"), { recursive: true }),
    handed: async () => {
      const inbox = join(folder, "data", "simulated", "input", "comfyscheduler");
      const names = await readdir(inbox).catch(() => []);
      return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(inbox, name))] as const)));
    },
    ask: async (method, request = {}) => {
      const answer = await fetch(`${url}/comfyscheduler.v1.${method}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await service.adminToken()}` },
        body: JSON.stringify(request),
      });
      if (!answer.ok) throw new Error(`${method}: ${await answer.text()}`);
      return answer.json();
    },
    kill: async () => {
      child?.kill("SIGKILL");
      if (child) await ended(child);
      child = undefined;
    },
    dispose: async () => {
      // A killed scheduler left its ComfyUI behind; the next one finds it and stops it.
      if (!child) await service.start();
      child?.kill("SIGTERM");
      if (child) await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  await service.start();
  return service;
}

function configuration(port: number, ports: readonly number[], options: ServiceOptions): object {
  const {
    stepTime = "40ms",
    startTime = "10ms",
    slotMargin = 0.1,
    openWhileBooting = false,
    access = {},
    limits = {},
  } = options;
  const pace = ["--step-time", stepTime, "--load-time", "10ms", "--encode-time", "10ms", "--decode-time", "10ms"];
  const size = (field: string) => ["47", "48"].map((node) => ({ node_id: node, field }));
  return {
    server: { port, host: "127.0.0.1", open_while_booting: openWhileBooting, shutdown_grace: "1s" },
    comfy_ui: {
      installation_type: "simulated",
      api_port: ports[0],
      extra_args: [...pace, "--start-time", startTime],
    },
    workflow: {
      template_file: template,
      title: "FLUX.2 klein",
      parameter_map: {
        prompt: { node_id: "6", field: "text" },
        seed: { node_id: "25", field: "noise_seed" },
        width: size("width"),
        height: size("height"),
        steps: { targets: [{ node_id: "48", field: "steps" }], min: 1, max: 50 },
      },
    },
    ...(ports.length > 1 && { workers: workersOf(ports, options.offline ?? 0) }),
    scheduler: { slot_margin: slotMargin },
    access,
    limits,
  };
}

/** The workers, called gpu-1, gpu-2 and so on, in their order. Nothing answers on the port of one that is switched off. */
function workersOf(ports: readonly number[], offline: number): object[] {
  const remote = { installation_type: "remote", api_host: "127.0.0.1", api_port: 9, extra_args: [] };
  const simulated = ports.map((api_port) => ({ api_port }));
  const off = Array.from({ length: offline }, (_, place) => ({ ...remote, api_port: 9 + place }));
  return [...simulated.slice(0, 1), ...off, ...simulated.slice(1)].map((comfy_ui, place) => ({
    id: `gpu-${place + 1}`,
    comfy_ui,
  }));
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? done(address.port) : failed(new Error("no port"))));
    });
  });
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the service ended:\n${log()}`);
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`the service does not answer:\n${log()}`);
}
