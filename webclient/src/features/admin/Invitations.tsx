import { useCallback } from "react";
import { Banner } from "../../components/Banner";
import { Confirm } from "../../components/Confirm";
import { ListEnd } from "../../components/ListEnd";
import { useNotify } from "../../components/Notices";
import type { Invitation } from "../../gen/comfyscheduler/v1/identity_pb";
import { AccessMode } from "../../gen/comfyscheduler/v1/state_pb";
import { formatAge, formatFull } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { usePages } from "../../lib/usePages";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { NewInvitation } from "./NewInvitation";

/** Why invitations are of no use in a mode; empty in the one that needs them. */
const useless: Partial<Record<AccessMode, string>> = {
  [AccessMode.OPEN]:
    "This scheduler is open: whoever reaches it can sign in. Invitations count once it takes them only.",
  [AccessMode.CLOSED]: "This scheduler is closed: users are made by administrators. Invitations are not taken.",
};

/** The invitations that can still be used. */
export default function Invitations() {
  const { api } = useLiveContext();
  const mode = useLive(({ system }) => system?.accessMode ?? AccessMode.INVITE);
  const list = usePages<Invitation>(
    useCallback(
      async (pageToken, signal) => {
        const page = await api.admin.listInvitations({ pageToken }, signal ? { signal } : {});
        return { rows: page.invitations, next: page.nextPageToken };
      },
      [api],
    ),
  );
  return (
    <section aria-label="Invitations" className="card min-w-0 overflow-hidden">
      <title>Invitations · ComfyScheduler</title>
      <div className="grid gap-4 p-4 sm:p-5">
        {useless[mode] && <Banner tone="busy">{useless[mode]}</Banner>}
        <NewInvitation onMade={list.refresh} />
      </div>
      <ul>
        {list.rows.map((invitation) => (
          <InvitationRow key={invitation.id} invitation={invitation} onChange={list.refresh} />
        ))}
      </ul>
      <ListEnd
        {...list}
        empty={list.rows.length === 0 && "No invitation is open."}
        more={list.next !== ""}
        onMore={list.next === "" ? () => void list.refresh() : list.more}
      />
    </section>
  );
}

function InvitationRow({ invitation, onChange }: { invitation: Invitation; onChange: () => Promise<void> }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const now = useNow(60_000);
  const { id, note, createdBy, createdAtMs, expiresAtMs, uses, maxUses } = invitation;
  const revoke = async () => {
    try {
      await api.admin.revokeInvitation({ invitationId: id });
      notify({ tone: "good", title: "The invitation is revoked. Its users stay." });
    } catch (cause) {
      notify({ tone: "bad", title: "Not revoked.", detail: problemOf(cause).message });
    }
    await onChange();
  };
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t px-4 py-3 sm:px-5">
      <div className="min-w-0 flex-1 basis-64">
        <p className="break-words font-medium">{note || "Without a note"}</p>
        <p className="text-ink-soft text-sm">
          <span title={formatFull(Number(createdAtMs))}>
            By {createdBy}, {formatAge(Number(createdAtMs), now)}
          </span>
          , <span title={formatFull(Number(expiresAtMs))}>ends {formatAge(Number(expiresAtMs), now)}</span>
        </p>
      </div>
      <p className="text-sm">
        <span className="font-medium">{uses}</span>
        <span className="text-ink-soft"> of {maxUses.toLocaleString()} used</span>
      </p>
      <Confirm
        tone="danger"
        question="Nobody can use the link any more. Revoke it?"
        yes="Revoke"
        label={`Revoke invitation ${note}`}
        onYes={() => void revoke()}
      >
        Revoke
      </Confirm>
    </li>
  );
}
