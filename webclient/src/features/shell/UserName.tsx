import { NavLink } from "react-router";
import { Icon } from "../../components/Icon";
import { Tag } from "../../components/Tag";
import { useLive } from "../../live/LiveContext";

/** Who the visitor is, and the way to the account. */
export function UserName() {
  const name = useLive(({ me }) => me?.name);
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  if (name === undefined) return <span className="py-1.5 text-ink-faint text-sm">Signing in…</span>;
  return (
    <span className="flex min-w-0 items-center gap-1 text-sm">
      <span className="whitespace-nowrap text-ink-soft max-sm:sr-only md:max-xl:sr-only">Connected as</span>
      <NavLink
        to="/account"
        title={`${name} (your account)`}
        className={({ isActive }) =>
          `flex min-w-0 items-center gap-1.5 rounded-lg px-2 py-1.5 font-semibold ${
            isActive ? "bg-accent-wash text-accent-ink" : "hover:bg-sunken"
          }`
        }
      >
        <span className="max-w-48 truncate">{name}</span>
        <Icon name="user" className="size-4 shrink-0" />
        <span className="sr-only">(your account)</span>
      </NavLink>
      {administrator && (
        <Tag round className="max-[90rem]:hidden">
          Administrator
        </Tag>
      )}
    </span>
  );
}
