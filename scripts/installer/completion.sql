-- What the installer needs and wixl has no element for. One statement up to each semicolon; {version} is filled in.

-- Without a version the file in the package loses against any versioned one on the disk, and an upgrade would leave none.
UPDATE `File` SET `Version` = '{version}', `Language` = '1033' WHERE `File` = 'ContainHost';
DELETE FROM `MsiFileHash` WHERE `File_` = 'ContainHost';

-- The second name of the same program. The order to release has no other way: an agent can pass no arguments.
CREATE TABLE `DuplicateFile` (`FileKey` CHAR(72) NOT NULL, `Component_` CHAR(72) NOT NULL, `File_` CHAR(72) NOT NULL,
  `DestName` CHAR(255) LOCALIZABLE, `DestFolder` CHAR(72) PRIMARY KEY `FileKey`);
INSERT INTO `DuplicateFile` (`FileKey`, `Component_`, `File_`, `DestName`)
  VALUES ('ReleaseHost', 'Program', 'ContainHost', 'release-host.exe');
-- For people, on PATH: never the agent's folder, in which Wazuh keeps a netsh.exe.
INSERT INTO `DuplicateFile` (`FileKey`, `Component_`, `File_`, `DestName`, `DestFolder`)
  VALUES ('OwnCopy', 'Program', 'ContainHost', 'contain-host.exe', 'OWN');
CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE,
  `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`);
INSERT INTO `Environment` (`Environment`, `Name`, `Value`, `Component_`) VALUES ('Path', '=-*PATH', '[~];[OWN]', 'Shell');
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('RemoveEnvironmentStrings', 3300);
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('WriteEnvironmentStrings', 5200);
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('RemoveDuplicateFiles', 3400);
INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('DuplicateFiles', 4210);

-- Permanent (16) and never overwritten (128): the log is the agent's.
UPDATE `Component` SET `Attributes` = 144 WHERE `Component` = 'Log';

-- The removal of the old version belongs to the transaction: if the new one cannot be installed, the old one comes back.
UPDATE `InstallExecuteSequence` SET `Sequence` = 1510 WHERE `Action` = 'RemoveExistingProducts';

-- Everything is looked up and decided where it is carried out, never in a user's session, which may see less.
DROP TABLE `InstallUISequence`;
CREATE TABLE `InstallUISequence` (`Action` CHAR(72) NOT NULL, `Condition` CHAR(255), `Sequence` INT PRIMARY KEY `Action`);
INSERT INTO `InstallUISequence` (`Action`, `Sequence`) VALUES ('ExecuteAction', 1300);
UPDATE `Property` SET `Value` = 'WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;AGENTFOLDER;RELEASE'
  WHERE `Property` = 'SecureCustomProperties';

-- 3154: as the two below, but nothing is taken back when it fails: an order makes the reserve, too.
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('MakeReserve', 3154, 'ContainHost', 'reserve');
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('MakeReserve', 'NOT REMOVE', 5900);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('Reserve1', 'State', 'reserve-1', 'STATE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('Reserve2', 'State', 'reserve-2', 'STATE', 2);
INSERT INTO `RemoveFile` (`FileKey`, `Component_`, `FileName`, `DirProperty`, `InstallMode`)
  VALUES ('ReserveLines', 'State', 'RESERV~1|reserve-lines', 'STATE', 2);

-- The journal lies in the state folder as long as a case is open.
CREATE TABLE `DrLocator` (`Signature_` CHAR(72) NOT NULL, `Parent` CHAR(72), `Path` CHAR(255), `Depth` INT
  PRIMARY KEY `Signature_`, `Parent`, `Path`);
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('OPENCASE', 'Journal');
INSERT INTO `Signature` (`Signature`, `FileName`) VALUES ('Journal', 'journal.jsonl');
INSERT INTO `DrLocator` (`Signature_`, `Path`, `Depth`)
  VALUES ('Journal', '[ProgramFiles64Folder]contain-host\state', 0);

-- Removal stops on a contained host. 19 is a message that ends the installation.
INSERT INTO `CustomAction` (`Action`, `Type`, `Target`) VALUES ('StopContained', 19, 'contain-host is not removed while this host is contained. Release it first, with "contain-host release" or from the OSSEC server, or remove it with RELEASE=1, which releases and then removes.');
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`)
  VALUES ('StopContained', 'OPENCASE AND REMOVE~="ALL" AND NOT UPGRADINGPRODUCTCODE AND NOT RELEASE', 1410);

-- 3090: an installed program, run by the installer's script as LocalSystem; when it fails, everything is taken back. The
-- second one also finds a containment of the batch script, and one that RELEASE=1 did not lift.
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('Release', 3090, 'ContainHost', 'DELETE - -');
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`)
  VALUES ('Release', 'REMOVE~="ALL" AND NOT UPGRADINGPRODUCTCODE AND RELEASE', 1550);
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`)
  VALUES ('StopUnlessNotContained', 3090, 'ContainHost', 'status --expect not-contained');
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`)
  VALUES ('StopUnlessNotContained', 'REMOVE~="ALL" AND NOT UPGRADINGPRODUCTCODE', 1560);
