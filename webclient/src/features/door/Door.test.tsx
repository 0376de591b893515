import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ErrorInfoSchema, ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import { IdentityService, type SignInRequest, TokenDelivery } from "../../gen/comfyscheduler/v1/identity_service_pb";
import { AccessMode } from "../../gen/comfyscheduler/v1/state_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { remember } from "../../live/memory";
import { createLiveStore } from "../../live/store";
import { testLive } from "../../testing/fixtures";
import Door, { codeOf } from "./Door";

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});

/** The door of a server that refuses new users for this reason until they come with the code "good". */
function open(mode: AccessMode, refusal?: ErrorReason) {
  const requests: SignInRequest[] = [];
  const renew = vi.fn();
  const transport = createRouterTransport(({ service }) => {
    service(IdentityService, {
      signIn: (request) => {
        requests.push(request);
        if (refusal === undefined || request.invitation === "good") return { user: { id: "u", name: "User-2" } };
        const detail = { desc: ErrorInfoSchema, value: { reason: refusal } };
        throw new ConnectError("an invitation is needed", Code.PermissionDenied, undefined, [detail]);
      },
    });
  });
  const store = createLiveStore();
  store.apply({ kind: "link", link: { phase: "signed-out", mode } });
  const link = { retry: () => {}, renew, close: () => {} };
  const live = testLive({ api: createApi(transport), store, link });
  render(
    <MemoryRouter>
      <LiveProvider live={live}>
        <Door />
      </LiveProvider>
    </MemoryRouter>,
  );
  return { requests, renew };
}

describe("the door", () => {
  it("says what a known visitor has lost, and lets them in as somebody new when they ask for it", async () => {
    remember({ name: "Ada", mode: AccessMode.OPEN, left: false });
    const { requests, renew } = open(AccessMode.UNSPECIFIED);
    expect(screen.getByText(/^Ada was signed out: this browser's token was revoked/)).toBeDefined();
    expect(requests).toEqual([]);
    fireEvent.click(screen.getByRole("button", { name: "Continue as a new user" }));
    await vi.waitFor(() => expect(renew).toHaveBeenCalledOnce());
    expect(requests[0]?.delivery).toBe(TokenDelivery.COOKIE);
  });

  it("asks for an invitation when the service turns out to need one, and takes its link", async () => {
    const { requests, renew } = open(AccessMode.UNSPECIFIED, ErrorReason.INVITATION_NEEDED);
    fireEvent.click(screen.getByRole("button", { name: "Continue as a new user" }));
    const field = await screen.findByLabelText("Invitation");
    expect(screen.queryByRole("button", { name: "Continue as a new user" })).toBeNull();
    fireEvent.change(field, { target: { value: "http://gpu.lan/invitation#good" } });
    fireEvent.click(screen.getByRole("button", { name: "Accept the invitation" }));
    await vi.waitFor(() => expect(renew).toHaveBeenCalledOnce());
    expect(requests.at(-1)?.invitation).toBe("good");
  });

  it("offers a token alone where users are made by administrators", () => {
    open(AccessMode.CLOSED);
    expect(screen.getByLabelText("Token")).toBeDefined();
    expect(screen.queryByLabelText("Invitation")).toBeNull();
    expect(screen.queryByRole("button", { name: "Continue as a new user" })).toBeNull();
  });
});

it.each([
  [" cfi_abc ", "cfi_abc"],
  ["https://gpu.lan:3000/invitation#cfi_abc", "cfi_abc"],
])("codeOf finds the code in %s", (text, code) => expect(codeOf(text)).toBe(code));
