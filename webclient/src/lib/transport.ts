import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AdminService } from "../gen/comfyscheduler/v1/admin_service_pb";
import { AssetService } from "../gen/comfyscheduler/v1/asset_service_pb";
import { IdentityService } from "../gen/comfyscheduler/v1/identity_service_pb";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { WorkerService } from "../gen/comfyscheduler/v1/worker_service_pb";
import { WorkflowService } from "../gen/comfyscheduler/v1/workflow_service_pb";
import { retryBusy } from "./retryBusy";

/** The clients of the server's services. */
export interface Api {
  readonly scheduler: Client<typeof SchedulerService>;
  readonly workflows: Client<typeof WorkflowService>;
  readonly workers: Client<typeof WorkerService>;
  readonly assets: Client<typeof AssetService>;
  readonly identity: Client<typeof IdentityService>;
  readonly admin: Client<typeof AdminService>;
}

/** Makes the clients over any transport, an in-memory one in tests. */
export function createApi(transport: Transport): Api {
  return {
    scheduler: createClient(SchedulerService, transport),
    workflows: createClient(WorkflowService, transport),
    workers: createClient(WorkerService, transport),
    assets: createClient(AssetService, transport),
    identity: createClient(IdentityService, transport),
    admin: createClient(AdminService, transport),
  };
}

/** Talks to the server the page came from. The token travels in a cookie that scripts cannot read. */
export function createBrowserTransport(): Transport {
  return createConnectTransport({
    baseUrl: location.origin,
    useBinaryFormat: true,
    interceptors: [retryBusy],
    fetch: (input, init) => fetch(input, { ...init, credentials: "same-origin" }),
  });
}
