import { Link } from "react-router";
import { Confirm } from "../../components/Confirm";
import { useNotify } from "../../components/Notices";
import { Tag } from "../../components/Tag";
import type { User } from "../../gen/comfyscheduler/v1/identity_pb";
import { AccessMode, type Limits } from "../../gen/comfyscheduler/v1/state_pb";
import { formatFull, plural } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { remember } from "../../live/memory";
import { NameForm } from "./NameForm";

/** Who the visitor is here, what they may do, and the ways to be somebody else. */
export function You({ me }: { me: User }) {
  const limits = useLive(({ system }) => system?.limits);
  return (
    <section aria-label="You" className="card grid gap-5 p-4 sm:p-5">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold text-lg">You</h2>
        {me.administrator && (
          <Tag round className="font-medium">
            Administrator
          </Tag>
        )}
      </div>
      <NameForm name={me.name} />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-faint">Id</dt>
        <dd className="break-all font-mono text-xs leading-5">{me.id}</dd>
        {me.createdAtMs > 0n && (
          <>
            <dt className="text-ink-faint">Here since</dt>
            <dd>{formatFull(Number(me.createdAtMs))}</dd>
          </>
        )}
        <dt className="text-ink-faint">You may hold</dt>
        <dd>{me.administrator ? "Any number of bookings, as far ahead as you like" : limitWords(limits)}</dd>
      </dl>
      <div className="flex flex-wrap items-center gap-2 border-line border-t pt-4">
        <Link
          to="/sign-in"
          className="inline-flex min-h-9 items-center rounded-lg border border-line-strong px-3.5 font-medium text-sm hover:bg-raised"
        >
          Sign in as somebody else
        </Link>
        <SignOut name={me.name} />
      </div>
    </section>
  );
}

function SignOut({ name }: { name: string }) {
  const { api, link } = useLiveContext();
  const notify = useNotify();
  const mode = useLive(({ system }) => system?.accessMode ?? AccessMode.UNSPECIFIED);
  const leave = async () => {
    // Before the call: the stream may end before the answer is here.
    remember({ name, mode, left: true });
    try {
      await api.identity.signOut({});
      link.renew();
    } catch (cause) {
      remember({ name, mode, left: false });
      notify({ tone: "bad", title: "Not signed out.", detail: problemOf(cause).message });
    }
  };
  return (
    <Confirm
      tone="danger"
      question="You can come back only with a token. Your bookings stay. Sign out of this browser?"
      yes="Sign out"
      onYes={() => void leave()}
    >
      Sign out
    </Confirm>
  );
}

/** What a user may do at most, as a sentence. */
export function limitWords(limits: Limits | undefined): string {
  const { openBookings = 0, daysAhead = 0 } = limits ?? {};
  const many = openBookings > 0 ? plural(openBookings, "open booking") : "Any number of bookings";
  const far = daysAhead > 0 ? `up to ${plural(daysAhead, "day")} ahead` : "as far ahead as you like";
  return `${many}, ${far}`;
}
