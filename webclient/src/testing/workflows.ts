import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { EstimateBasis } from "../gen/comfyscheduler/v1/estimate_pb";
import { FileKind, type Input, InputRole, InputSchema } from "../gen/comfyscheduler/v1/input_pb";
import { ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import {
  type Template,
  TemplateSchema,
  type Workflow,
  WorkflowFitnessState,
  WorkflowMeasurementState,
  WorkflowProblemKind,
  WorkflowSchema,
  WorkflowSource,
  WorkflowSummarySchema,
} from "../gen/comfyscheduler/v1/workflow_pb";
import {
  type ImportWorkflowRequest,
  type MeasureWorkflowRequest,
  type UpdateWorkflowRequest,
  WorkflowService,
} from "../gen/comfyscheduler/v1/workflow_service_pb";

type InputInit = Exclude<MessageInitShape<typeof InputSchema>, Input>;

/** An input of every kind and most roles. */
export const manyInputs: readonly InputInit[] = [
  {
    name: "picture",
    label: "Picture",
    help: "What is painted over.",
    kind: {
      case: "file",
      value: {
        kind: FileKind.IMAGE,
        inputFiles: ["example.png", "people/ada.png", "places/harbour.jpg"],
        default: "example.png",
      },
    },
  },
  {
    name: "prompt",
    label: "Prompt",
    role: InputRole.PROMPT,
    kind: {
      case: "text",
      value: { maxBytes: 16_384, multiline: true, example: "A lighthouse in a storm, oil on canvas" },
    },
  },
  {
    name: "negative",
    label: "Negative prompt",
    role: InputRole.NEGATIVE_PROMPT,
    optional: true,
    kind: { case: "text", value: { maxBytes: 16_384, multiline: true, default: "blurry, watermark" } },
  },
  {
    name: "seed",
    label: "Seed",
    role: InputRole.SEED,
    kind: { case: "seed", value: { min: 0n, max: 2n ** 64n - 1n } },
  },
  {
    name: "width",
    label: "Width",
    role: InputRole.WIDTH,
    kind: { case: "integer", value: { min: 16n, max: 16_384n, step: 8n, default: 1024n } },
  },
  {
    name: "height",
    label: "Height",
    role: InputRole.HEIGHT,
    kind: { case: "integer", value: { min: 16n, max: 16_384n, step: 8n, default: 1024n } },
  },
  {
    name: "steps",
    label: "Steps",
    role: InputRole.STEPS,
    help: "The number of steps used in the denoising process.",
    kind: { case: "integer", value: { min: 1n, max: 50n, default: 20n } },
  },
  {
    name: "cfg",
    label: "Guidance",
    role: InputRole.GUIDANCE,
    help:
      "The Classifier-Free Guidance scale balances creativity and adherence to the prompt. Higher values " +
      "result in images more closely matching the prompt, however too high values will negatively impact quality.",
    kind: { case: "number", value: { min: 0, max: 100, step: 0.1, default: 3.5 } },
  },
  {
    name: "denoise",
    label: "Strength",
    kind: { case: "number", value: { min: 0, max: 1, step: 0.01, default: 0.75 } },
  },
  {
    name: "sampler",
    label: "Sampler",
    kind: { case: "choice", value: { choices: ["euler", "euler_ancestral", "dpmpp_2m", "ddim"], default: "euler" } },
  },
  {
    name: "lora",
    label: "LoRA",
    optional: true,
    kind: {
      case: "choice",
      value: {
        choices: Array.from({ length: 40 }, (_, n) => `styles/ink-wash-${String(n + 1).padStart(2, "0")}.safetensors`),
      },
    },
  },
  { name: "tiled", label: "Tiled decoding", kind: { case: "boolean", value: { default: false } } },
];

/** Inputs that are not part of the form until somebody shows them. */
const hiddenInputs: readonly InputInit[] = [
  {
    name: "prefix",
    label: "File name",
    hidden: true,
    targets: [{ nodeId: "9", field: "filename_prefix" }],
    kind: { case: "text", value: { default: "ComfyUI" } },
  },
  {
    name: "batch",
    label: "Pictures at once",
    hidden: true,
    role: InputRole.BATCH,
    targets: [{ nodeId: "5", field: "batch_size" }],
    kind: { case: "integer", value: { min: 1n, max: 64n, default: 1n } },
  },
];

type WorkflowInit = Exclude<MessageInitShape<typeof WorkflowSchema>, Workflow>;

/** A workflow of the fake server that runs on worker "gpu", whatever is not given. */
export function workflow(id: string, init: WorkflowInit = {}): Workflow {
  const { summary, ...rest } = init;
  return create(WorkflowSchema, {
    inputs: manyInputs.map((input) => ({ ...input })) as InputInit[],
    workers: [
      {
        workerId: "gpu",
        state: WorkflowFitnessState.RUNS,
        askedAtMs: 1n,
        measurement: { state: WorkflowMeasurementState.DONE, coldMs: 14_200n, warmMs: 8_100n, measuredAtMs: 1n },
      },
    ],
    outputs: [
      { nodeId: "9", title: "Save Image", kind: ResultKind.IMAGE },
      { nodeId: "12", title: "Preview of the mask", kind: ResultKind.IMAGE },
    ],
    editable: true,
    filename: `${id}.json`,
    importedBy: "Ada",
    nodeCount: 14,
    ...rest,
    summary: {
      id,
      title: id,
      version: "v1",
      bookable: true,
      source: WorkflowSource.IMPORT,
      results: [ResultKind.IMAGE],
      estimates: [{ workerId: "gpu", expectedMs: 8_100n, slotDurationMs: 9_000n, basis: EstimateBasis.MEASURED }],
      ...(summary as object),
    },
  });
}

/** What keeps a workflow from running, one of each kind. */
export const problems = [
  {
    kind: WorkflowProblemKind.MISSING_MODEL,
    text: "The model wan2.2_t2v_high_noise_14B_fp8.safetensors is missing: put it into models/diffusion_models.",
    nodeId: "37",
    nodeTitle: "Load Diffusion Model",
    className: "UNETLoader",
    modelFile: "wan2.2_t2v_high_noise_14B_fp8.safetensors",
    modelFolder: "diffusion_models",
    modelUrl:
      "https://huggingface.co/Comfy-Org/Wan_2.2_ComfyUI_Repackaged/resolve/main/wan2.2_t2v_high_noise_14B_fp8.safetensors",
    modelBytes: 14_294_967_296n,
  },
  {
    kind: WorkflowProblemKind.MISSING_CLASS,
    text: "ComfyUI has no class “VHS_VideoCombine”: install ComfyUI-VideoHelperSuite.",
    nodeId: "51",
    nodeTitle: "Video Combine",
    className: "VHS_VideoCombine",
    pack: "ComfyUI-VideoHelperSuite",
  },
];

/** WorkflowServer is a service's workflows in memory, and what was asked of it. */
export interface WorkflowServer {
  readonly workflows: Map<string, Workflow>;
  readonly imports: ImportWorkflowRequest[];
  readonly updates: UpdateWorkflowRequest[];
  readonly measures: MeasureWorkflowRequest[];
  templates: Template[];
  /** Nodes of the next file and what is wrong with them: it is refused. */
  refusal?: Readonly<Record<string, string>>;
  /** What a file becomes. */
  imported: Workflow;
}

export function workflowServer(...workflows: Workflow[]): WorkflowServer {
  return {
    workflows: new Map(workflows.map((each) => [each.summary?.id ?? "", each])),
    imports: [],
    updates: [],
    measures: [],
    templates: ["Text to Image", "Image to Video", "Upscale by 4"].map((title) =>
      create(TemplateSchema, {
        name: title.toLowerCase().replaceAll(" ", "_"),
        title,
        description: `${title}, the usual way.`,
        category: "Basics",
      }),
    ),
    imported: workflow("fox", { summary: { title: "Fox", source: WorkflowSource.IMPORT } }),
  };
}

/** Adds the service to a transport. */
export function serveWorkflows(router: ConnectRouter, server: WorkflowServer): ConnectRouter {
  const find = (id: string) => {
    const found = server.workflows.get(id);
    if (!found) throw new ConnectError("there is no such workflow", Code.NotFound);
    return found;
  };
  return router.service(WorkflowService, {
    listWorkflows: () => ({ workflows: [...server.workflows.values()].flatMap(({ summary }) => summary ?? []) }),
    getWorkflow: ({ workflowId, showHidden }) => {
      const found = find(workflowId);
      if (!showHidden) return { workflow: { ...found, inputs: found.inputs.filter(({ hidden }) => !hidden) } };
      const names = new Set(found.inputs.map(({ name }) => name));
      const more = hiddenInputs.filter(({ name = "" }) => !names.has(name)).map((input) => create(InputSchema, input));
      return { workflow: { ...found, inputs: [...found.inputs, ...more] } };
    },
    importWorkflow: (request) => {
      server.imports.push(request);
      if (server.refusal) {
        const fields = Object.entries(server.refusal).map(([field, message]) => ({ field, message }));
        throw new ConnectError("the file is no workflow that can be taken", Code.InvalidArgument, undefined, [
          { desc: ErrorInfoSchema, value: { reason: ErrorReason.WORKFLOW_REFUSED, fields } },
        ]);
      }
      const { imported } = server;
      const id = imported.summary?.id ?? "";
      if (!request.checkOnly) server.workflows.set(id, imported);
      return { workflow: imported, notes: ["2 nodes that nothing saved depends on were left out."] };
    },
    updateWorkflow: (request) => {
      server.updates.push(request);
      const before = find(request.workflowId);
      const { title, description, disabled, tags } = request;
      const after = create(WorkflowSchema, {
        ...before,
        summary: {
          ...(before.summary ?? create(WorkflowSummarySchema)),
          ...(title !== undefined && { title }),
          ...(description !== undefined && { description }),
          ...(disabled !== undefined && { disabled }),
          ...(tags && { tags: tags.tags }),
          version: `${before.summary?.version}+`,
        },
      });
      server.workflows.set(request.workflowId, after);
      return { workflow: after };
    },
    deleteWorkflow: ({ workflowId }) => {
      server.workflows.delete(workflowId);
      return {};
    },
    checkWorkflow: ({ workflowId }) => (workflowId ? { workflow: find(workflowId) } : {}),
    measureWorkflow: (request) => {
      server.measures.push(request);
      return { workflow: find(request.workflowId) };
    },
    listTemplates: ({ query }) => ({
      templates: server.templates.filter(({ title }) => title.toLowerCase().includes(query.toLowerCase())),
    }),
  });
}
