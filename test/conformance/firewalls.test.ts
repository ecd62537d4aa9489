import { MemoryHost } from './memory';
import { describeFirewall } from './scenarios';
import { WindowsHost } from './windows-host';

describeFirewall('in memory', () => new MemoryHost());
describeFirewall('Windows, played by the stand-in', () => new WindowsHost());
