import { existsSync } from 'node:fs';
import { readSettings } from '../agent/settings';
import { messageTool } from '../order/tell-users';
import { cidr } from '../policy/address';
import { entryText } from '../policy/allow-entry';
import { type Check, ok, type Patient, warning } from './check';

/** The settings file, and what of it is not used. */
export function checkSettings({ host, home }: Patient): Check[] {
  if (home === undefined) return [];
  const { file, handlers, allow, message, warnings } = readSettings(host.platform, home.home);
  if (warnings.length > 0)
    return warnings.map((found) => warning('settings', `${found}.`, 'Put that right in contain-host.json.'));
  if (file === undefined) return [ok('settings', 'There is no contain-host.json; the defaults count.')];
  const letIn = [...handlers.map(cidr), ...allow.map(entryText)];
  const who = letIn.length === 0 ? 'nobody' : letIn.join(', ');
  const found = ok('settings', `${file} is good; always let in: ${who}.`);
  const tool = messageTool(host);
  if (Object.keys(message).length === 0 || existsSync(tool)) return [found];
  const advice = 'Nothing else depends on it. Windows Home has no msg.exe; on Linux install the package with wall.';
  return [found, warning('settings', `Nobody on this host is told anything: ${tool} is missing.`, advice)];
}
