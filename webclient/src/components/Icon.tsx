import type { ReactNode } from "react";

/** Line drawings on a 20 px grid. */
const drawings = {
  close: <path d="m5 5 10 10M15 5 5 15" />,
  check: <path d="m4 10.5 4 4 8-9" />,
  plus: <path d="M10 4v12M4 10h12" />,
  minus: <path d="M4 10h12" />,
  pencil: <path d="m4 16 .8-3.6L13.2 4a1.7 1.7 0 0 1 2.4 0l.4.4a1.7 1.7 0 0 1 0 2.4L7.6 15.2zM12 5.2l2.8 2.8" />,
  chevronLeft: <path d="m12 5-5 5 5 5" />,
  chevronDown: <path d="m5 8 5 5 5-5" />,
  chevronUp: <path d="m5 12 5-5 5 5" />,
  chevronRight: <path d="m8 5 5 5-5 5" />,
  arrowDown: <path d="M10 4v12m-5-5 5 5 5-5" />,
  arrowUp: <path d="M10 16V4m-5 5 5-5 5 5" />,
  undo: <path d="M4 5v4h4M4.3 9A6.2 6.2 0 1 1 5.6 14" />,
  redo: <path d="M16 5v4h-4M15.7 9A6.2 6.2 0 1 0 14.4 14" />,
  brush: <path d="M16.5 3.5 9 11M6.2 11.2a2.6 2.6 0 0 1 2.6 2.6c0 2-1.8 2.7-5.3 2.7 1-1 .6-5.3 2.7-5.3z" />,
  eraser: (
    <path d="m8 16-4.3-4.3a1 1 0 0 1 0-1.4l6.6-6.6a1 1 0 0 1 1.4 0l4.6 4.6a1 1 0 0 1 0 1.4L9.5 16zM7 7l6 6M7.5 16H16" />
  ),
  invert: (
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="M10 3.2a6.8 6.8 0 0 1 0 13.6z" fill="currentColor" />
    </>
  ),
  camera: (
    <>
      <path d="M3 6.5h3l1.3-2h5.4l1.3 2h3v9H3z" />
      <circle cx="10" cy="10.7" r="2.7" />
    </>
  ),
  folder: <path d="M3 5h5l1.6 2H17v9H3z" />,
  history: <path d="M3.5 5v4h4M3.8 9A6.5 6.5 0 1 1 4.8 14M10 6.5V10l2.5 1.7" />,
  swap: <path d="M4 7.5h11m-3-3 3 3-3 3M16 13.5H5m3-3-3 3 3 3" />,
  search: <path d="M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4" />,
  upload: <path d="M10 12.5v-9m-4 4 4-4 4 4M4 13v3.5h12V13" />,
  grip: <path d="M7.5 5h.01M12.5 5h.01M7.5 10h.01M12.5 10h.01M7.5 15h.01M12.5 15h.01" strokeWidth="2.2" />,
  eye: (
    <>
      <path d="M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5z" />
      <circle cx="10" cy="10" r="2.2" />
    </>
  ),
  eyeOff: (
    <path
      d="M3.5 3.5l13 13M8 5.3A8 8 0 0 1 10 5c4.8 0 7.5 5 7.5 5a13 13 0 0 1-2.3 2.8M12.4 14.5A7.4 7.4 0 0 1 10 15c-4.8
      0-7.5-5-7.5-5a13 13 0 0 1 3.2-3.4"
    />
  ),
  coin: (
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path
        d="M12.2 7.6c-.5-.7-1.3-1-2.2-1-1.3 0-2.2.7-2.2 1.7 0 2.4 4.5 1 4.5 3.4 0 1-1 1.7-2.3 1.7-1 0-1.9-.4-2.4-1.1M10
        5.4v1.2M10 13.4v1.2"
      />
    </>
  ),
  cube: <path d="M10 2.8 16.5 6.4v7.2L10 17.2 3.5 13.6V6.4zM3.5 6.4 10 10l6.5-3.6M10 10v7.2" />,
  trash: <path d="M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5" />,
  gauge: <path d="M3.5 13.5a6.5 6.5 0 1 1 13 0M10 13.5l3-4.5M3.5 16.5h13" />,
  power: <path d="M10 3v6.5M6 5.5a6.3 6.3 0 1 0 8 0" />,
  download: <path d="M10 3v9m-4-3.5 4 4 4-4M4 16.5h12" />,
  dice: (
    <>
      <rect x="3.5" y="3.5" width="13" height="13" rx="3" />
      <path d="M7 7h.01M13 7h.01M10 10h.01M7 13h.01M13 13h.01" strokeWidth="2" />
    </>
  ),
  repeat: <path d="M4 9V8a3 3 0 0 1 3-3h9m-2.5-2.5L16 5l-2.5 2.5M16 11v1a3 3 0 0 1-3 3H4m2.5 2.5L4 15l2.5-2.5" />,
  sun: (
    <>
      <circle cx="10" cy="10" r="3.2" />
      <path d="M10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M4.7 15.3l1.2-1.2M14.1 5.9l1.2-1.2" />
    </>
  ),
  moon: <path d="M16.2 11.8A6.7 6.7 0 0 1 8.2 3.8a6.7 6.7 0 1 0 8 8z" />,
  screen: <path d="M3.5 4.5h13v9h-13zM7.5 16.5h5" />,
  image: (
    <>
      <rect x="3" y="4" width="14" height="12" rx="2" />
      <circle cx="7.3" cy="8" r="1.2" />
      <path d="m4 14.5 4-3.7 2.7 2.4 2.8-2.7 3 2.8" />
    </>
  ),
  film: <path d="M3.5 4.5h13v11h-13zM7 4.5v11M13 4.5v11M3.5 10h13M3.5 7.2H7M13 7.2h3.5M3.5 12.8H7M13 12.8h3.5" />,
  sound: <path d="M4 8v4h2.8L11 15.5v-11L6.8 8zM13.7 7.5a3.5 3.5 0 0 1 0 5M15.8 5.5a6.3 6.3 0 0 1 0 9" />,
  file: <path d="M5.5 3h6L15 6.5V17H5.5zM11.2 3v3.7H15" />,
  text: <path d="M4 5h12M4 10h12M4 15h7" />,
  lock: (
    <>
      <rect x="4.5" y="9" width="11" height="7.5" rx="1.8" />
      <path d="M7 9V6.8a3 3 0 0 1 6 0V9" />
    </>
  ),
  key: (
    <>
      <circle cx="7" cy="10" r="3.4" />
      <path d="M10.4 10H17v2.6M14 10v2" />
    </>
  ),
  user: (
    <>
      <circle cx="10" cy="7" r="3.1" />
      <path d="M4 16.5c.4-3.2 2.9-5 6-5s5.6 1.8 6 5" />
    </>
  ),
  copy: (
    <>
      <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
      <path d="M13 4.5H5.3a1.8 1.8 0 0 0-1.8 1.8V13" />
    </>
  ),
  mail: (
    <>
      <rect x="3" y="4.5" width="14" height="11" rx="1.8" />
      <path d="m3.5 6 6.5 5 6.5-5" />
    </>
  ),
  play: <path d="M7 4.5v11l9-5.5z" />,
  pause: <path d="M7 4.5v11M13 4.5v11" />,
  clock: (
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="M10 6.2V10l2.5 1.7" />
    </>
  ),
  users: (
    <>
      <circle cx="7.5" cy="7" r="2.7" />
      <path d="M2.8 16c.3-2.9 2.2-4.6 4.7-4.6s4.4 1.7 4.7 4.6M13 4.6a2.6 2.6 0 0 1 0 4.9M14.5 11.8c1.6.6 2.5 2 2.7 4.2" />
    </>
  ),
  bolt: <path d="M11 2.5 4.5 11.2H9.5L9 17.5l6.5-8.7H10.5z" />,
  stack: <path d="m10 3 7 3.7-7 3.7-7-3.7zM3.5 10.3 10 13.7l6.5-3.4M3.5 13.7l6.5 3.3 6.5-3.3" />,
  warning: <path d="M10 3.2 2.8 16h14.4zM10 8v3.8M10 13.9v.1" />,
  late: <path d="M10 5.8V10l2.8 1.8M4 4.5 2.5 6M16 4.5 17.5 6M10 16.5a6.3 6.3 0 1 0 0-12.6 6.3 6.3 0 0 0 0 12.6z" />,
  expand: <path d="M12 3.5h4.5V8M8 16.5H3.5V12M16.5 3.5 11.5 8.5M3.5 16.5l5-5" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

/**
 * A line icon in the colour of the text around it; whatever it means is said in words beside it. It has a size of its own, as
 * attributes: a class for another size outdoes them, and any other class leaves them be.
 */
export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      width="1.25rem"
      height="1.25rem"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={className}
    >
      {drawings[name]}
    </svg>
  );
}
