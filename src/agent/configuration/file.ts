import type { Host } from '../../host';
import { readAgentFile } from '../agent-files';
import { configurationFile } from '../home';

/** In bytes. No configuration that a person wrote is larger. */
const largestFile = 32 * 1024 * 1024;

/** The agent's ossec.conf as bytes. Throws the error that says why it cannot be read. */
export function readConfigurationFile(platform: Host['platform'], home: string): Buffer {
  return readAgentFile(home, configurationFile[platform], largestFile);
}

/**
 * The text that the agent sees of its configuration, one character a byte: names and addresses are ASCII, and the agent
 * ignores the encoding of the rest. On Windows the agent reads in text mode, where Ctrl-Z ends a file.
 */
export function configurationText(bytes: Buffer, platform: Host['platform']): string {
  const source = bytes.toString('latin1');
  const end = platform === 'windows' ? source.indexOf('\x1a') : -1;
  return end < 0 ? source : source.slice(0, end);
}
