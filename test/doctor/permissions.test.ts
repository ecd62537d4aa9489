import { letsUsersWrite } from '../../src/windows/permissions';
import { readOnly } from './healthy';

test.each<[string, string, boolean]>([
  ['as in Program Files', readOnly, false],
  ['full control for everyone', 'D:(A;OICI;FA;;;WD)', true],
  ['everyone in full', 'D:AI(A;;FA;;;S-1-1-0)', true],
  ['users may add files', 'D:(A;;DCLC;;;BU)', true],
  ['users may add folders', 'D:(A;CI;LC;;;BU)', true],
  ['change, as a mask', 'D:(A;OICI;0x1301bf;;;AU)', true],
  ['read and execute, as a mask', 'D:(A;OICI;0x1200a9;;;AU)', false],
  ['only what is made in it later', 'D:(A;OICIIO;GA;;;BU)', true],
  ['the owner of what is made in it', 'D:(A;OICIIO;GA;;;CO)', false],
  ['change the permissions', 'D:(A;;WD;;;IU)', true],
  ['take it over', 'D:(A;;WO;;;IU)', true],
  ['domain users', 'D:(A;;FA;;;S-1-5-21-1004336348-1177238915-682003330-513)', true],
  ['one administrator', 'D:(A;;FA;;;S-1-5-21-1004336348-1177238915-682003330-1001)', false],
  ['denied', 'D:(D;;FA;;;WD)(A;;FA;;;BA)', false],
  ['no protection at all', 'D:NO_ACCESS_CONTROL', true],
])('%s', (_, sddl, expected) => {
  expect(letsUsersWrite(sddl)).toBe(expected);
});
