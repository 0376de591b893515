import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { JobStatus, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { job } from "../../testing/fixtures";
import { JobResults } from "./JobResults";

afterEach(cleanup);

/** A job that has left one of each kind; its second picture is the main one. */
const everything = job("a", {
  status: JobStatus.COMPLETED,
  prompt: "A red fox",
  seed: 42n,
  resultFilename: "fox.png",
  results: [
    { kind: ResultKind.IMAGE, filename: "mask.png" },
    { kind: ResultKind.IMAGE, filename: "fox.png", sizeBytes: 2_200_000n },
    { kind: ResultKind.VIDEO, filename: "fox.mp4" },
    { kind: ResultKind.AUDIO, filename: "fox.flac" },
    { kind: ResultKind.TEXT, text: "A fox that is red." },
    { kind: ResultKind.FILE, filename: "fox.glb" },
    { kind: ResultKind.IMAGE, filename: "lost.png", overwritten: true },
  ],
});

const links = () => screen.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")]);

it("shows the main picture first, and every other result in its own way", () => {
  const onOpen = vi.fn();
  render(<JobResults job={everything} onOpen={onOpen} />);
  expect(screen.getByAltText("A red fox").getAttribute("src")).toBe("/results/a/1");
  expect(screen.getByText("2.1 MiB")).toBeDefined();
  expect(screen.getByRole("button", { name: "Play a-red-fox_seed-42_4.flac" })).toBeDefined();
  expect(screen.getByText("A fox that is red.")).toBeDefined();
  expect(screen.getByText(/^lost\.png is not there any more: another job has written over it/)).toBeDefined();
  expect(links()).toEqual([
    ["Download a-red-fox_seed-42_2.png", "/results/a/1?download=1"],
    ["Download a-red-fox_seed-42_4.flac", "/results/a/3?download=1"],
    ["Download a-red-fox_seed-42_6.glb", "/results/a/5?download=1"],
    ["All 7 as a zip", "/archives/jobs/a"],
  ]);
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Open the picture" })));
  expect(onOpen).toHaveBeenCalledWith(0);
});

it("shows another picture or video large when it is chosen", () => {
  const onOpen = vi.fn();
  render(<JobResults job={everything} onOpen={onOpen} />);
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Show 2 of 3" })));
  expect(links()[0]).toEqual(["Download a-red-fox_seed-42.png", "/results/a/0?download=1"]);
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Open the picture" })));
  expect(onOpen).toHaveBeenCalledWith(1);
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Show 3 of 3" })));
  expect(document.querySelector("video")?.getAttribute("src")).toBe("/results/a/2");
});

it("copies a text, and says so", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  render(<JobResults job={everything} onOpen={vi.fn()} />);
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Copy" })));
  vi.unstubAllGlobals();
  expect(writeText).toHaveBeenCalledWith("A fox that is red.");
  expect(screen.getByRole("button", { name: "Copied" })).toBeDefined();
});

it("says that a file is gone", () => {
  render(<JobResults job={everything} onOpen={vi.fn()} />);
  act(() => void fireEvent.error(screen.getByAltText("A red fox")));
  expect(screen.getByText(/^This picture cannot be shown/)).toBeDefined();
});
