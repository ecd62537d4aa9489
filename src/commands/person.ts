import { userInfo } from 'node:os';
import type { Host } from '../host';

/**
 * Who sits at the prompt: whoever called sudo, else who logged in, else the user of this process. For the records only;
 * whoever may run this as root can also claim to be somebody else.
 */
export function personAtPrompt({ platform, env }: Host): string {
  const names =
    platform === 'windows'
      ? [[env.USERDOMAIN, env.USERNAME].filter((part) => part !== undefined).join('\\')]
      : [env.SUDO_USER, env.LOGNAME, env.USER];
  return (names.find((name) => name !== undefined && name !== '') ?? nameOfProcess())
    .replace(/[^\w.@$\\ -]/g, '?')
    .slice(0, 64);
}

function nameOfProcess(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
