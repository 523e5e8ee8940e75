import type { JobStatus } from "../api/messages.ts";
import { h, type VNode } from "../view.ts";

// Drawn for this page on a 16 px grid. They stand beside words or inside labelled buttons, so they are hidden from readers.

function Icon({ d, filled }: { d: string; filled?: boolean }): VNode {
  return (
    <svg class={filled ? "icon filled" : "icon"} viewBox="0 0 16 16" width={16} height={16} aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

const CIRCLE = "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5";

const STATUS: Record<JobStatus, string> = {
  queued: `${CIRCLE}M5 8h.01M8 8h.01M11 8h.01`,
  running: "M8 1.75a6.25 6.25 0 1 0 6.25 6.25",
  completed: `${CIRCLE}M5.25 8.25l2 2l3.75-4.25`,
  failed: `${CIRCLE}M5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5`,
  stopped: `${CIRCLE}M6 6h4v4h-4z`,
  timeout: `${CIRCLE}M8 4.5v3.75l2.25 1.5`,
  lost: `${CIRCLE}M6.25 6.25a1.75 1.75 0 1 1 2.5 1.6q-.75.4-.75 1.15M8 11.25h.01`,
};

interface StatusIconProps {
  status: JobStatus;
  isUnsure?: boolean;
  isPaused?: boolean;
}

const PAUSED = `${CIRCLE}M6.5 6v4M9.5 6v4`;

/** `isUnsure`: the node has lost contact, so the status is only the last one known. */
export function StatusIcon({ status, isUnsure, isPaused }: StatusIconProps): VNode {
  const shown = isUnsure ? "lost" : status;
  return (
    <span class={`status-icon ${shown}${isPaused ? " held" : ""}`}>
      <Icon d={isPaused ? PAUSED : STATUS[shown]} />
    </span>
  );
}

export const PlusIcon = () => <Icon d="M8 3v10M3 8h10" />;
export const BackIcon = () => <Icon d="M10 3L5 8l5 5" />;
export const StopIcon = () => <Icon d="M4 4h8v8h-8z" filled />;
export const RestartIcon = () => <Icon d="M13 8a5 5 0 1 1-1.6-3.7M13.25 1.75v3h-3" />;
export const CopyIcon = () => <Icon d="M5.75 5.75h7.5v7.5h-7.5zM10.25 5.5v-2.75h-7.5v7.5h2.75" />;
export const TrashIcon = () => (
  <Icon d="M2.75 4.5h10.5M6 4.25v-2h4v2M4.25 4.75l.6 8.75h6.3l.6-8.75M6.75 7.25v3.75M9.25 7.25v3.75" />
);
export const DownloadIcon = () => <Icon d="M8 2v8M4.75 7L8 10.25L11.25 7M2.75 13.25h10.5" />;
export const ExpandIcon = () => (
  <Icon d="M9.75 2.5h3.75v3.75M13.25 2.75L9.5 6.5M6.25 13.5h-3.75v-3.75M2.75 13.25L6.5 9.5" />
);
export const ShrinkIcon = () => <Icon d="M13.5 6.5h-4v-4M9.75 6.25l3.75-3.75M2.5 9.5h4v4M6.25 9.75L2.5 13.5" />;
export const DownIcon = () => <Icon d="M8 2.75v10M3.75 8.75L8 13l4.25-4.25" />;
export const MenuIcon = () => <Icon d="M2.5 4.25h11M2.5 8h11M2.5 11.75h11" />;
export const CloseIcon = () => <Icon d="M4 4l8 8M12 4l-8 8" />;
export const SearchIcon = () => <Icon d="M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.25 10.25L13.5 13.5" />;
export const PromptIcon = () => <Icon d="M3.5 4l4 4l-4 4M8.5 12.25h4.5" />;
export const ClockIcon = () => <Icon d={`${CIRCLE}M8 4.5v3.75l2.25 1.5`} />;
export const FilterIcon = () => <Icon d="M2.5 4h11M4.5 8h7M6.5 12h3" />;
export const CheckIcon = () => <Icon d="M2.75 2.75h10.5v10.5h-10.5zM5.25 8.25l2 2l3.75-4.25" />;
export const MoreIcon = () => <Icon d="M3.5 8h.01M8 8h.01M12.5 8h.01M3.5 7.5v1M8 7.5v1M12.5 7.5v1" />;
export const PlayIcon = () => <Icon d="M4.5 3l8 5l-8 5z" filled />;
export const PauseIcon = () => <Icon d="M4.5 3h2.25v10H4.5zM9.25 3h2.25v10H9.25z" filled />;
export const UpIcon = () => <Icon d="M8 13V3M3.75 7.25L8 3l4.25 4.25" />;
export const KeyboardIcon = () => (
  <Icon d="M1.75 4h12.5v8.5H1.75zM4 6.75h.01M6.75 6.75h.01M9.5 6.75h.01M12 6.75h.01M4.5 10h7" />
);
export const ErrorIcon = () => <Icon d="M8 2l6.25 11.5H1.75zM8 6.5v3M8 11.5h.01" />;
export const TuneIcon = () => <Icon d="M2.5 5h6.5M12.5 5h1M2.5 11h1M7 11h6.5M10.75 3.25v3.5M5.25 9.25v3.5" />;
export const ForwardIcon = () => <Icon d="M6 3l5 5l-5 5" />;
export const TeamIcon = () => <Icon d="M2.5 2.75h11v4h-11zM2.5 9.25h11v4h-11zM5 4.75h.01M5 11.25h.01" />;
