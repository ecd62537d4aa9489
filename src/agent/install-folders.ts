import type { Host } from '../host';
import { closedFolder } from '../windows/closed-folder';
import { readKey } from '../windows/registry';
import { keyPath } from '../windows/registry-file';

/** Where each agent's installer notes its folder (its src/win32/ossec-installer.nsi or wazuh-installer.wxs). */
const notes = [
  { key: 'HKLM\\SOFTWARE\\ossec', value: 'Install_Dir' },
  { key: 'HKLM\\SOFTWARE\\Wazuh, Inc.\\Wazuh Agent', value: 'WazuhInstallDir' },
];

/** The folders that the agents' installers noted in the registry; none where no agent is installed. */
export async function readInstallFolders(host: Host): Promise<string[]> {
  const folders = await Promise.all(
    notes.map(async ({ key, value }) => {
      const reading = await readKey(host, closedFolder(host), key, { view: '32' });
      if ('unreadable' in reading) return undefined;
      // The file may show the key by the name of its view.
      const values = reading.keys.get(keyPath(key)) ?? [...reading.keys.values()][0];
      return values?.text(value);
    }),
  );
  return folders.filter((folder) => folder !== undefined);
}
