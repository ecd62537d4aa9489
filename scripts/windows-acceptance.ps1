# Checks on a real Windows what could not be proven without one, then runs the whole product on the real firewall.
#
# ONLY FOR A THROWAWAY VIRTUAL MACHINE: it deletes firewall rules, cuts the network and installs software.
# Elevated, after `npm run package` has filled dist\ (or with -Dist naming a folder that holds the two files):
#
#   powershell -ExecutionPolicy Bypass -File scripts\windows-acceptance.ps1
#
# Three addresses with an open TCP port are needed: one plays the agent's server, one the handler, one a stranger.
# First of all a task of SYSTEM is armed that imports the present policy five minutes later, and proven to work. Each check
# puts it off again, except while the host is contained. The exit code is the number of checks that did not come out.
param(
  [string] $Dist = (Join-Path $PSScriptRoot '..\dist'),
  [string] $Server = '1.1.1.1',
  [string] $Handler = '9.9.9.9',
  [string] $Stranger = '8.8.8.8',
  [int] $Port = 443
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$netsh = Join-Path $env:SystemRoot 'System32\netsh.exe'
$reg = Join-Path $env:SystemRoot 'System32\reg.exe'
$policyKey = 'HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
$rulesKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules'
$work = 'C:\contain-host-acceptance'
$rescue = Join-Path $work 'rescue.wfw'
$taskName = 'contain-host-acceptance-rescue'
$agent = Join-Path ${env:ProgramFiles(x86)} 'ossec-agent'
$bin = Join-Path $agent 'active-response\bin'
$program = Join-Path $bin 'contain-host.exe'
$msi = Join-Path $Dist 'contain-host.msi'
$rows = New-Object System.Collections.ArrayList

# ---- tools of this script -------------------------------------------------------------------------------------------

# Notes one check. $Expected is a regular expression for the whole of what was seen.
function Check([string] $Point, [string] $Expected, [string] $Seen) {
  $ok = $Seen -match ('^(' + $Expected + ')$')
  [void] $rows.Add([pscustomobject] @{ OK = $ok; Point = $Point; Expected = $Expected; Seen = $Seen })
  Write-Host ('{0,-5} {1}: {2}' -f $ok, $Point, $Seen)
}

# A point that needs a second machine, another language or a person.
function ByHand([string] $Point) {
  [void] $rows.Add([pscustomobject] @{ OK = $true; Point = $Point; Expected = 'by hand'; Seen = 'not checked' })
}

# Runs a program, and returns its exit code. What it writes goes to a file.
function Run([string] $File, [string] $Arguments) {
  $options = @{
    FilePath = $File
    ArgumentList = $Arguments
    NoNewWindow = $true
    PassThru = $true
    RedirectStandardOutput = (Join-Path $work 'output.txt')
    RedirectStandardError = (Join-Path $work 'error.txt')
  }
  $process = Start-Process @options
  [void] $process.Handle
  $process.WaitForExit()
  return $process.ExitCode
}

function Netsh([string] $Arguments) {
  return Run $netsh ('advfirewall ' + $Arguments)
}

# The local policy as text.
function Policy {
  $file = Join-Path $work 'policy.reg'
  [void] (Run $reg ('export "' + $policyKey + '" "' + $file + '" /y'))
  return [IO.File]::ReadAllText($file)
}

function RuleTexts {
  $key = Get-Item $rulesKey
  return @($key.GetValueNames() | ForEach-Object { [string] $key.GetValue($_) })
}

function CountRules([string] $Name) {
  return @(RuleTexts | Where-Object { $_.Contains('|Name=' + $Name + '|') }).Count
}

function Restore {
  [void] (Netsh ('import "' + $rescue + '"'))
}

function Reaches([string] $Address) {
  $client = New-Object Net.Sockets.TcpClient
  try {
    return $client.ConnectAsync($Address, $Port).Wait(5000)
  } catch {
    return $false
  } finally {
    $client.Close()
  }
}

function ArmRescue([int] $Minutes) {
  $task = @{
    TaskName = $taskName
    Action = (New-ScheduledTaskAction -Execute $netsh -Argument ('advfirewall import "' + $rescue + '"'))
    Trigger = (New-ScheduledTaskTrigger -Once -At (Get-Date).AddMinutes($Minutes))
    Settings = (New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -StartWhenAvailable)
    User = 'SYSTEM'
    RunLevel = 'Highest'
    Force = $true
  }
  [void] (Register-ScheduledTask @task)
}

# ---- the way back, before anything else -----------------------------------------------------------------------------

$isAdministrator = (New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())).IsInRole(
  [Security.Principal.WindowsBuiltInRole]::Administrator)
if (-not $isAdministrator) { throw 'Run this elevated.' }
if (Test-Path $agent) { throw "There is an agent in $agent. This is for a throwaway machine without one." }
if (-not (Test-Path $msi)) { throw "$msi is missing: npm run package makes it." }

[void] (New-Item -ItemType Directory -Force $work)
Remove-Item $rescue -ErrorAction SilentlyContinue
if ((Netsh ('export "' + $rescue + '"')) -ne 0) { throw 'The policy could not be exported; nothing was changed.' }
[void] (Netsh 'firewall add rule name=rescue-probe dir=in action=allow protocol=tcp localport=9')
ArmRescue 60
Start-ScheduledTask $taskName
for ($i = 0; ($i -lt 60) -and ((CountRules 'rescue-probe') -gt 0); $i++) { Start-Sleep 1 }
if ((CountRules 'rescue-probe') -gt 0) {
  [void] (Netsh 'firewall delete rule name=rescue-probe')
  Unregister-ScheduledTask $taskName -Confirm:$false
  throw 'The rescue task did not bring the policy back within a minute, so nothing is tried here.'
}
ArmRescue 5
Write-Host 'The rescue task works and is armed.'

try {
  # ---- what netsh and the registry do -------------------------------------------------------------------------------

  $file = Join-Path $work 'existing.wfw'
  Set-Content $file 'something else'
  $before = Get-Content $file
  $code = Netsh ('export "' + $file + '"')
  Check 'export onto an existing file: exit code, file unchanged' '1 True' "$code $((Get-Content $file) -eq $before)"

  $before = Policy
  $good = [IO.File]::ReadAllBytes($rescue)
  $random = New-Object byte[] 65536
  (New-Object Random 1).NextBytes($random)
  [IO.File]::WriteAllBytes((Join-Path $work 'empty.wfw'), (New-Object byte[] 0))
  [IO.File]::WriteAllBytes((Join-Path $work 'random.wfw'), $random)
  [IO.File]::WriteAllBytes((Join-Path $work 'half.wfw'), $good[0..([int] ($good.Length / 2))])
  [void] (Run $reg ('save HKLM\SYSTEM\Select "' + (Join-Path $work 'foreign.wfw') + '" /y'))
  foreach ($name in 'missing', 'empty', 'random', 'half', 'foreign') {
    $code = Netsh ('import "' + (Join-Path $work "$name.wfw") + '"')
    Check "import of a file that is ${name}: exit code, policy unchanged" '1 True' "$code $((Policy) -eq $before)"
  }
  ArmRescue 5

  [void] (Netsh 'firewall add rule name=form dir=out action=allow protocol=tcp remoteip=192.0.2.1/32')
  [void] (Netsh 'firewall add rule name=form dir=out action=allow protocol=tcp remoteip=2001:db8::1/128')
  $stored = (RuleTexts | Where-Object { $_ -match '\|Name=form\|' }) -replace '.*\|(RA[46]=[^|]*)\|.*', '$1'
  Check 'stored form of a single address' 'RA.=.* RA.=.*' (($stored | Sort-Object) -join ' ')
  [void] (Netsh 'firewall add rule name=words dir=out action=allow protocol=udp remoteport=53 remoteip=dns service=dnscache')
  $stored = (RuleTexts | Where-Object { $_ -match '\|Name=words\|' }) -join ''
  Check 'stored form of remoteip=dns and of a service' '.*\|RA4=DNS\|.*\|Svc=dnscache\|.*' $stored
  [void] (Netsh ('firewall add rule name="Zugriff f' + [char] 0xfc + 'r alle" dir=in action=allow protocol=tcp'))
  Check 'a name that is not ASCII is stored as it is' '1' (CountRules ('Zugriff f' + [char] 0xfc + 'r alle'))

  $script = Join-Path $work 'lines.netsh'
  $lines = @('advfirewall firewall add rule name=line-1 dir=in action=allow protocol=tcp')
  $lines += 'advfirewall firewall add rule name=line-2 dir=nowhere action=allow'
  $lines += 'advfirewall firewall add rule name=line-3 dir=in action=allow protocol=tcp'
  Set-Content -Encoding Ascii $script $lines
  $code = Run $netsh ('-f "' + $script + '"')
  Check 'a script with one bad line: exit code, lines before and after it' '1 1 1' "$code $(CountRules 'line-1') $(CountRules 'line-3')"

  $lines = 1..600 | ForEach-Object { "advfirewall firewall add rule name=many dir=in action=allow protocol=tcp localport=$_" }
  Set-Content -Encoding Ascii $script $lines
  $time = Measure-Command { $code = Run $netsh ('-f "' + $script + '"') }
  Check 'a script with 600 rules: exit code, rules, seconds' '0 600 \d+' "$code $(CountRules 'many') $([int] $time.TotalSeconds)"
  ArmRescue 5
  $time = Measure-Command { $code = Netsh 'firewall set rule name=all new enable=no' }
  $active = @(RuleTexts | Where-Object { $_.Contains('|Active=TRUE|') }).Count
  Check 'all rules off: exit code, still active, seconds' '0 0 \d+' "$code $active $([int] $time.TotalSeconds)"

  $many = Join-Path $work 'many.wfw'
  Remove-Item $many -ErrorAction SilentlyContinue
  [void] (Netsh ('export "' + $many + '"'))
  $all = @(RuleTexts).Count
  $import = Start-Process $netsh -ArgumentList ('advfirewall import "' + $many + '"') -NoNewWindow -PassThru
  Start-Sleep -Milliseconds 200
  Stop-Process -Id $import.Id -Force -ErrorAction SilentlyContinue
  Start-Sleep 2
  Check 'an import that was killed: rules left of all' '\d+ of \d+' "$(@(RuleTexts).Count) of $all"
  $code = Netsh ('import "' + $many + '"')
  Check 'the same import again: exit code, rules' "0 $all" "$code $(@(RuleTexts).Count)"

  [void] (Netsh 'firewall delete rule name=all')
  $code = Netsh 'firewall set rule name=all new enable=no'
  Check 'all rules off where there is none: exit code' '1' "$code"
  Restore
  Check 'import brings the policy back, absent values included' 'True' "$((Policy) -eq $before)"
  ArmRescue 5

  $jobs = 1..8 | ForEach-Object {
    Start-Process $netsh -ArgumentList "advfirewall firewall add rule name=parallel dir=in action=allow protocol=tcp localport=$_" -NoNewWindow -PassThru
  }
  $jobs | ForEach-Object { $_.WaitForExit() }
  Check 'eight rules added at the same time: rules' '8' "$(CountRules 'parallel')"
  Restore

  $shell = Start-Process cmd.exe -ArgumentList '/c netsh advfirewall < NUL > NUL' -NoNewWindow -PassThru
  Check 'netsh without a command and without input ends within ten seconds' 'True' "$($shell.WaitForExit(10000))"
  if (-not $shell.HasExited) { [void] (Run 'taskkill.exe' "/t /f /pid $($shell.Id)") }

  # ---- the product ----------------------------------------------------------------------------------------------------

  [void] (New-Item -ItemType Directory -Force $agent)
  $conf = "<ossec_config><client><server><address>$Server</address><port>$Port</port><protocol>tcp</protocol></server></client></ossec_config>"
  Set-Content -Encoding Ascii (Join-Path $agent 'ossec.conf') $conf
  Check 'the installer: exit code' '0' "$(Run 'msiexec.exe' "/i `"$msi`" /qn")"
  Check 'both programs and the log are there' 'True True True' "$(Test-Path $program) $(Test-Path (Join-Path $bin 'release-host.exe')) $(Test-Path (Join-Path $agent 'active-response\active-responses.log'))"

  # An empty file is no DLL: a program that looks for one here does not start.
  $dlls = 'dbghelp.dll', 'iphlpapi.dll', 'userenv.dll', 'winmm.dll'
  $dlls | ForEach-Object { [void] (New-Item -ItemType File -Force (Join-Path $bin $_)) }
  Check 'DLLs beside the program are not looked at: exit code' '0' "$(Run $program '--version')"
  $dlls | ForEach-Object { Remove-Item (Join-Path $bin $_) }

  Check 'reachable before: server, handler, stranger' 'True True True' "$(Reaches $Server) $(Reaches $Handler) $(Reaches $Stranger)"
  $established = New-Object Net.Sockets.TcpClient
  $established.Connect($Stranger, $Port)
  $before = Policy
  ArmRescue 5

  # From here to the release the rescue task is not put off.
  # As the agent starts it: a quoted relative path with forward slashes, in the agent's folder.
  [Environment]::CurrentDirectory = $agent
  $start = New-Object Diagnostics.ProcessStartInfo
  $start.FileName = 'active-response/bin/contain-host.exe'
  $start.Arguments = "add `"-`" `"$Handler`" `"(from_the_server) (no_rule_id)`""
  $start.UseShellExecute = $false
  $process = [Diagnostics.Process]::Start($start)
  $process.WaitForExit()
  Check 'ADD as an OSSEC agent starts it: exit code' '0|6' "$($process.ExitCode)"
  Check 'reachable while contained: server, handler, stranger' 'True True False' "$(Reaches $Server) $(Reaches $Handler) $(Reaches $Stranger)"
  $cut = 'cut'
  try {
    $established.ReceiveTimeout = 5000
    $hello = [Text.Encoding]::ASCII.GetBytes("GET / HTTP/1.0`r`n`r`n")
    $established.GetStream().Write($hello, 0, $hello.Length)
    if ($established.GetStream().Read((New-Object byte[] 16), 0, 16) -gt 0) { $cut = 'alive' }
  } catch {
    $cut = 'cut'
  }
  Check 'a connection to a stranger from before' 'cut' $cut
  Check 'ipconfig /renew while contained: exit code, server' '0 True' "$(Run 'ipconfig.exe' '/renew') $(Reaches $Server)"
  Check 'status: exit code' '0|6' "$(Run $program 'status')"
  $acl = (Get-Acl (Join-Path $env:ProgramFiles 'contain-host\state')).Access | ForEach-Object {
    $_.IdentityReference.Translate([Security.Principal.SecurityIdentifier]).Value
  }
  Check 'who may see the state folder' 'S-1-5-18 S-1-5-32-544' (($acl | Sort-Object -Unique) -join ' ')
  Check 'removing the product from a contained host: exit code' '1603' "$(Run 'msiexec.exe' "/x `"$msi`" /qn")"
  Check 'still contained: server, stranger' 'True False' "$(Reaches $Server) $(Reaches $Stranger)"
  Check 'DELETE: exit code' '0' "$(Run $program 'DELETE - -')"
  Check 'reachable after release: server, handler, stranger' 'True True True' "$(Reaches $Server) $(Reaches $Handler) $(Reaches $Stranger)"
  Check 'the policy is the one from before' 'True' "$((Policy) -eq $before)"
  ArmRescue 5

  # As a Wazuh agent starts it: one line that ends in CR LF, on an input that stays open.
  $start = New-Object Diagnostics.ProcessStartInfo
  $start.FileName = 'active-response/bin/contain-host.exe'
  $start.UseShellExecute = $false
  $start.RedirectStandardInput = $true
  $start.RedirectStandardOutput = $true
  $process = [Diagnostics.Process]::Start($start)
  $process.StandardInput.Write('{"version":1,"origin":{"name":"","module":"wazuh-execd"},"command":"add","parameters":{"extra_args":["' + $Handler + '"],"alert":{}}}' + "`r`n")
  $process.StandardInput.Flush()
  $said = $process.StandardOutput.ReadToEnd()
  $process.WaitForExit()
  Check 'ADD as a Wazuh agent starts it: exit code, output' '(0|6) 0' "$($process.ExitCode) $($said.Length)"
  Check 'removal with RELEASE=1: exit code' '0' "$(Run 'msiexec.exe' "/x `"$msi`" /qn RELEASE=1")"
  Check 'released by it: server, stranger; programs gone' 'True True False' "$(Reaches $Server) $(Reaches $Stranger) $(Test-Path $program)"

  # ---- group policy, in the local policy object ------------------------------------------------------------------------

  [void] (Run 'msiexec.exe' "/i `"$msi`" /qn")
  ArmRescue 5
  Set-NetFirewallProfile -All -DefaultOutboundAction Allow -PolicyStore localhost
  $open = @{ DisplayName = 'acceptance-everything'; Action = 'Allow'; PolicyStore = 'localhost' }
  New-NetFirewallRule -Direction Outbound @open | Out-Null
  New-NetFirewallRule -Direction Inbound @open | Out-Null
  [void] (Run 'gpupdate.exe' '/target:computer /force')
  ArmRescue 5
  $before = Policy
  Check 'doctor under a policy that allows outbound: exit code' '0|1' "$(Run $program 'doctor')"
  Check 'the seal: exit code of ADD, server, handler, stranger' '(0|6) True True False' "$(Run $program "ADD - $Handler") $(Reaches $Server) $(Reaches $Handler) $(Reaches $Stranger)"
  $sealed = @(RuleTexts | Where-Object { $_ -match '\|Name=contain-host: seal ' })
  Check 'the seal: rules, those with a range over both families' '\d{2,} \d+' "$($sealed.Count) $(@($sealed | Where-Object { $_ -match '\|RA4=[^|]*-' -and $_ -match '\|RA6=[^|]*-' }).Count)"
  Check 'the longest line of the seal, as netsh took it' '\d+' "$((Get-Content (Join-Path $env:ProgramFiles 'contain-host\state\seal.netsh') | Measure-Object -Property Length -Maximum).Maximum)"
  $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), 0
  $listener.Start()
  $inside = New-Object Net.Sockets.TcpClient
  $inside.Connect([Net.IPAddress]::Loopback, $listener.LocalEndpoint.Port)
  Check 'the seal: loopback' 'True' "$($inside.Connected)"
  $inside.Close()
  $listener.Stop()
  Check 'the seal: ipconfig /renew, server' '0 True' "$(Run 'ipconfig.exe' '/renew') $(Reaches $Server)"
  ArmRescue 5
  Check 'the seal: a second handler, exit code, the first one' '(0|6) False' "$(Run $program "ADD - $Stranger") $(Reaches $Handler)"
  Check 'the seal: DELETE, stranger, policy as before' '0 True True' "$(Run $program 'DELETE - -') $(Reaches $Stranger) $((Policy) -eq $before)"
  ArmRescue 5
  Remove-NetFirewallRule -DisplayName 'acceptance-everything' -PolicyStore localhost
  Set-NetFirewallProfile -All -DefaultOutboundAction NotConfigured -PolicyStore localhost
  Set-NetFirewallProfile -All -AllowLocalFirewallRules False -PolicyStore localhost
  Check 'local rules ignored by group policy: exit code of ADD, stranger' '2 True' "$(Run $program "ADD - $Handler") $(Reaches $Stranger)"

  ByHand 'bytes of the output of netsh on Japanese, Chinese and German Windows'
  ByHand 'an inbound RDP session while its rule is switched off'
  ByHand 'blockinboundalways against an inbound rule of the domain'
  ByHand 'netsh with the firewall service stopped'
  ByHand 'a store app with a rule of its own on a contained host'
  ByHand 'names of servers that Windows takes for numbers, such as 010.0.0.1 and 1.2.3'
  ByHand 'a rule whose name has 9,999 characters'
  ByHand 'group policy and device management setting the same value'
  ByHand 'existing UDP flows after the switch, DHCPv6 and neighbour discovery'
  ByHand 'ACLs after the setup of OSSEC 4.x'
} finally {
  $ErrorActionPreference = 'Continue'
  Restore
  $free = @{ DefaultOutboundAction = 'NotConfigured'; AllowLocalFirewallRules = 'NotConfigured' }
  Set-NetFirewallProfile -All -PolicyStore localhost @free
  Remove-NetFirewallRule -DisplayName 'acceptance-everything' -PolicyStore localhost -ErrorAction SilentlyContinue
  [void] (Run 'msiexec.exe' "/x `"$msi`" /qn RELEASE=1")
  Unregister-ScheduledTask $taskName -Confirm:$false
  $rows | Format-Table -AutoSize -Wrap | Out-String -Width 200 | Write-Host
}
$failed = @($rows | Where-Object { -not $_.OK }).Count
Write-Host "$failed of $($rows.Count) checks did not come out."
exit $failed
