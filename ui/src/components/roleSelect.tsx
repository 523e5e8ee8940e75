import { type Role, ROLES } from "../api/accessClient.ts";
import { roles } from "../texts/access.ts";
import { h, type VNode } from "../view.ts";

export function roleWord(role: Role): string {
  return roles[role]?.word ?? role;
}

interface RoleSelectProps {
  role: Role;
  id?: string;
  label?: string;
  isShort?: boolean;
  disabled?: boolean;
  onChange(role: Role): void;
}

export function RoleSelect({ role, id, label, isShort, disabled, onChange }: RoleSelectProps): VNode {
  return (
    <select
      id={id}
      aria-label={label}
      disabled={disabled}
      value={role}
      onChange={(event) => onChange(ROLES.find((known) => known === event.currentTarget.value) ?? role)}
    >
      {ROLES.map((role) => <option key={role} value={role}>{isShort ? roleWord(role) : roles[role].about}</option>)}
    </select>
  );
}
