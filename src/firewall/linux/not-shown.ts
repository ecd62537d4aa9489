import { findLinuxTool, linuxToolFolders } from '../../process/linux-tool';
import { readIfAny } from '../../state/files';

/** Where tools are, and the modules that the kernel has loaded, the name first in each line (proc(5)). */
const system = { folders: linuxToolFolders as readonly string[], modules: '/proc/modules' };

/**
 * What to tell where a tool of iproute2 did not show what it was asked for. A tool that is there and does not answer
 * may hide anything. A missing one hides something only where the kernel has loaded a module for that, named by
 * `modules`: hosts without these tools are common.
 */
export function notShownBy(tool: 'ip' | 'tc', what: string, modules: RegExp, places = system): string[] {
  if (findLinuxTool(tool, places.folders) !== undefined) return [`${what} (not shown by ${tool})`];
  const loaded = loadedIn(places.modules).filter((name) => modules.test(name));
  return loaded.length === 0 ? [] : [`${what} (${tool} is missing, and the kernel has loaded ${loaded.join(', ')})`];
}

function loadedIn(file: string): string[] {
  const lines = (readIfAny(file) ?? '').split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '').sort();
}
