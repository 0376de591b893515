import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Series } from "../form/series";
import { type FieldErrors, type FormValues, inputFor, lacksPrompt, readValues } from "../form/values";
import { InputRole } from "../gen/comfyscheduler/v1/input_pb";
import {
  type BookSeriesRequest,
  type BookSeriesRequestSchema,
  SeriesAxisSchema,
  SeriesItemSchema,
} from "../gen/comfyscheduler/v1/scheduler_service_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";

/** SeriesWish is a series as it is asked for or about. */
export interface SeriesWish {
  readonly workflow: Workflow;
  readonly values: FormValues;
  readonly series: Series;
  /** Start of the first job; each as it fits when absent. */
  readonly start?: number | undefined;
  readonly workerId?: string | undefined;
  readonly sooner?: boolean | undefined;
  /** Stands in for an empty prompt, where it is only asked how long it takes. */
  readonly placeholder?: string;
}

export type SeriesRequest = Omit<MessageInitShape<typeof BookSeriesRequestSchema>, "$typeName"> &
  Pick<Partial<BookSeriesRequest>, "requestId" | "validateOnly">;

/** The request for a series, or what is wrong with the fields. */
export function seriesRequest(
  wish: SeriesWish,
): { request: SeriesRequest; errors?: undefined } | { request?: undefined; errors: FieldErrors } {
  const { workflow, values, series, start, workerId = "", sooner, placeholder } = wish;
  const prompt = inputFor(workflow, InputRole.PROMPT);
  const listed = series.items?.some(({ name }) => name === prompt?.name);
  const stand = listed ? "…" : lacksPrompt(values, workflow) ? placeholder : undefined;
  const { inputs, errors } = readValues(prompt && stand ? { ...values, [prompt.name]: stand } : values, workflow);
  if (!inputs) return { errors };
  const { id = "", version = "" } = workflow.summary ?? {};
  const own = new Set([...(series.items ?? []), ...(series.axes ?? [])].map(({ name }) => name));
  const common = Object.fromEntries(Object.entries(inputs).filter(([name]) => !own.has(name)));
  const request = {
    start:
      start === undefined
        ? ({ case: "earliestStartMs", value: 0n } as const)
        : ({ case: "startMs", value: BigInt(Math.round(start)) } as const),
    workflowId: id,
    workflowVersion: version,
    workerId,
    inputs: common,
    items: (series.items ?? []).map(({ name, value }) => create(SeriesItemSchema, { inputs: { [name]: value } })),
    count: series.count ?? 0,
    axes: (series.axes ?? []).map(({ name, values }) =>
      create(SeriesAxisSchema, { inputName: name, values: [...values] }),
    ),
    ...(start === undefined && sooner !== undefined && { sooner }),
  };
  return { request };
}
