/* A tool that goes wrong: `faulty.exe KIND COMMAND LINE`, in place of the command line. */
#include <stdio.h>
#include <windows.h>

static const wchar_t *kind;

static BOOL is(const wchar_t *word)
{
    return wcscmp(kind, word) == 0;
}

/* Runs the tool itself, with all that we have inherited. `heard`: what it says is heard. */
static DWORD run(wchar_t *command_line, BOOL heard)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    STARTUPINFOW startup = {sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 1;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = startup.hStdError =
        heard ? GetStdHandle(STD_OUTPUT_HANDLE) : CreateFileW(L"NUL", GENERIC_WRITE, 0, &inheritable, OPEN_EXISTING, 0, NULL);
    if (!CreateProcessW(NULL, command_line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return 1;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return code;
}

/* The bytes of a file that a test has put there. */
static void speak(void)
{
    static char bytes[65536];
    DWORD count, written;
    HANDLE speech = CreateFileW(L"C:\\watch\\speech", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    while (ReadFile(speech, bytes, sizeof bytes, &count, NULL) && count > 0)
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, count, &written, NULL);
}

static void die(void)
{
    TerminateProcess(GetCurrentProcess(), 1);
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t *rest = wcschr(GetCommandLineW(), L' ') + 1;
    DWORD code;
    if (argc < 3) return 201;
    kind = argv[1];
    rest = wcschr(rest, L' ') + 1;
    if (is(L"fails")) return 1;
    if (is(L"lies")) return 0;
    if (is(L"killed")) die();
    if (is(L"slow")) Sleep(300);
    code = run(rest, !is(L"speaks"));
    if (is(L"done-exit1")) return 1;
    if (is(L"done-killed")) die();
    if (is(L"speaks")) speak();
    return (int)code;
}
