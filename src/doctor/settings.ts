import { readSettings } from '../agent/settings';
import { cidr } from '../policy/address';
import { entryText } from '../policy/allow-entry';
import { type Check, ok, type Patient, warning } from './check';

/** The settings file, and what of it is not used. */
export function checkSettings({ host, home }: Patient): Check[] {
  if (home === undefined) return [];
  const { file, handlers, allow, warnings } = readSettings(host.platform, home.home);
  if (warnings.length > 0)
    return warnings.map((found) => warning('settings', `${found}.`, 'Put that right in contain-host.json.'));
  if (file === undefined) return [ok('settings', 'There is no contain-host.json; the defaults count.')];
  const letIn = [...handlers.map(cidr), ...allow.map(entryText)];
  const who = letIn.length === 0 ? 'nobody' : letIn.join(', ');
  return [ok('settings', `${file} is good; always let in: ${who}.`)];
}
