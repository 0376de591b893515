import { createRouterTransport } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { createApi } from "../lib/transport";
import { job } from "../testing/fixtures";
import { createWholeJobs } from "./wholeJobs";

it("asks for a cut job once for each version, and not at all for a whole one", async () => {
  let asked = 0;
  const named: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(SchedulerService, {
      getJob: ({ jobId }) => {
        asked++;
        return { job: job(jobId, { version: BigInt(asked), prompt: `whole ${asked}` }), users: [{ name: "Ada" }] };
      },
    });
  });
  const jobs = createWholeJobs(createApi(transport), (users) => named.push(...users.map(({ name }) => name)));
  const cut = (version: bigint) => job("a", { version, shortened: true });
  const [one, same] = await Promise.all([jobs.fetch(cut(1n)), jobs.fetch(cut(1n))]);
  expect([one.prompt, same.prompt, asked]).toEqual(["whole 1", "whole 1", 1]);
  expect(jobs.get(cut(1n))?.prompt).toBe("whole 1");
  expect(jobs.get(cut(2n))).toBeUndefined();
  expect((await jobs.fetch(cut(2n))).prompt).toBe("whole 2");
  expect((await jobs.fetch(job("b"))).id).toBe("b");
  expect(asked).toBe(2);
  expect(named).toEqual(["Ada", "Ada"]);
});
