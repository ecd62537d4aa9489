/*
 * Stands in, under Wine, for two things that a benchmark must not pay for more than a real one does. As netsh.exe or reg.exe:
 * hands its arguments to the benchmark, which plays the tool, and ends with the exit code that it is told. Under any other
 * name: an agent, which starts each command line that it is sent as an OSSEC agent does (ossec-hids src/os_execd/exec.c
 * ExecCmd_Win32: nothing is inherited, no flags), waits for it without limit, and answers with its exit code.
 */
#include <winsock2.h>
#include <stdio.h>
#include <windows.h>

static char bytes[65536];

static SOCKET reach(const wchar_t *port)
{
    WSADATA data;
    struct sockaddr_in address = {0};
    SOCKET benchmark;
    WSAStartup(MAKEWORD(2, 2), &data);
    /* No child shares it: it would keep the connection open. */
    benchmark = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)_wtoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(benchmark, (struct sockaddr *)&address, sizeof address) != 0) ExitProcess(250);
    return benchmark;
}

static void send_text(SOCKET benchmark, const wchar_t *text)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes - 1, NULL, NULL) - 1;
    bytes[length] = '\n';
    send(benchmark, bytes, length + 1, 0);
}

/* One line, without its end; FALSE where the other side has closed. */
static BOOL read_line(SOCKET benchmark)
{
    int length = 0;
    while (length < (int)sizeof bytes - 1 && recv(benchmark, bytes + length, 1, 0) == 1 && bytes[length] != '\n') length++;
    bytes[length] = 0;
    return length > 0;
}

/* One line for each argument, and an empty one. */
static int play_tool(const wchar_t *tool, const wchar_t *port, int argc, wchar_t **argv)
{
    SOCKET benchmark = reach(port);
    send_text(benchmark, tool);
    for (int i = 1; i < argc; i++) send_text(benchmark, argv[i]);
    send_text(benchmark, L"");
    return read_line(benchmark) ? atoi(bytes) : 251;
}

static int play_agent(const wchar_t *port)
{
    static wchar_t command_line[32768];
    SOCKET benchmark = reach(port);
    send_text(benchmark, L"agent");
    while (read_line(benchmark)) {
        STARTUPINFOW startup = {sizeof startup};
        PROCESS_INFORMATION process;
        DWORD code = 252;
        wchar_t answer[16];
        MultiByteToWideChar(CP_UTF8, 0, bytes, -1, command_line, sizeof command_line / sizeof *command_line);
        if (CreateProcessW(NULL, command_line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
            WaitForSingleObject(process.hProcess, INFINITE);
            GetExitCodeProcess(process.hProcess, &code);
            CloseHandle(process.hProcess);
            CloseHandle(process.hThread);
        }
        swprintf(answer, 16, L"%lu", code);
        send_text(benchmark, answer);
    }
    return 0;
}

/* Beside a tool stands a file with the benchmark's port, because the program hands no variable of ours to a tool. */
int wmain(int argc, wchar_t **argv)
{
    wchar_t path[MAX_PATH], port[16] = L"";
    wchar_t *name;
    FILE *file;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    name = wcsrchr(path, L'\\') + 1;
    if (_wcsicmp(name, L"netsh.exe") != 0 && _wcsicmp(name, L"reg.exe") != 0) {
        FreeConsole();
        return argc == 2 ? play_agent(argv[1]) : 253;
    }
    *wcsrchr(name, L'.') = 0;
    wchar_t tool[16];
    wcscpy(tool, _wcsicmp(name, L"reg") == 0 ? L"reg" : L"netsh");
    wcscpy(name, L"bench-port.txt");
    file = _wfopen(path, L"r");
    if (file == NULL || fgetws(port, 16, file) == NULL) return 254;
    fclose(file);
    return play_tool(tool, port, argc, argv);
}
