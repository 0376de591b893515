import { createRouterTransport } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Notice } from "../components/Notices";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { createApi } from "../lib/transport";
import { serverNow } from "../live/now";
import { job, noon, testLive } from "../testing/fixtures";
import { createJobActions } from "./jobActions";

beforeEach(() => void vi.useFakeTimers({ now: noon, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

it("names the day of the slot that a job was moved to, and of the one it came from, when they are not today's", async () => {
  const { store } = testLive();
  const today = job("a", { start: serverNow(store) + 60_000 });
  const transport = createRouterTransport(({ service }) => {
    service(SchedulerService, {
      moveJob: ({ start }) => ({ job: job("a", { start: start.case === "startMs" ? Number(start.value) : 0 }) }),
    });
  });
  const notices: Notice[] = [];
  const { move } = createJobActions({ api: createApi(transport), store }, (notice) => notices.push(notice));
  for (const days of [0, 1, -1]) await move(today, serverNow(store) + 120_000 + days * 86_400_000);
  const [same, next, before] = notices.map(({ title }) => title);
  expect(same).not.toMatch(/Mon|Tue|Wed|Thu|Fri|Sat|Sun/);
  expect(next).toMatch(/^Moved to (Mon|Tue|Wed|Thu|Fri|Sat|Sun)/);
  expect(before).toMatch(/^Moved to (Mon|Tue|Wed|Thu|Fri|Sat|Sun)/);
});
