/*
 * Starts a command line as an agent does, waits for it without limit, and ends with its exit code. What the program writes to
 * a pipe comes out on standard output. 202: the program has ended, and somebody still holds its input.
 */
#include <stdio.h>
#include <windows.h>

static HANDLE own_output;
static STARTUPINFOW startup = {sizeof startup};
static PROCESS_INFORMATION process;
static HANDLE to_program;

static int is(const wchar_t *text, const wchar_t *word)
{
    return wcscmp(text, word) == 0;
}

static BOOL start(wchar_t *command_line, BOOL inherit, DWORD flags)
{
    return CreateProcessW(NULL, command_line, NULL, NULL, inherit, flags, NULL, NULL, &startup, &process);
}

/* Both ends are there to inherit until one is made ours. */
static void make_pipe(HANDLE *read, HANDLE *write, HANDLE *ours)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    CreatePipe(read, write, &inheritable, 0);
    SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

static void send_line(HANDLE pipe, const wchar_t *line)
{
    static char bytes[65536];
    DWORD written;
    int length = WideCharToMultiByte(CP_UTF8, 0, line, -1, bytes, sizeof bytes - 2, NULL, NULL) - 1;
    memcpy(bytes + length, "\r\n", 2);
    WriteFile(pipe, bytes, length + 2, &written, NULL);
}

static void pass_on(HANDLE pipe)
{
    char bytes[4096];
    DWORD count, written;
    while (ReadFile(pipe, bytes, sizeof bytes, &count, NULL) && count > 0)
        WriteFile(own_output, bytes, count, &written, NULL);
}

/* wazuh src/shared/exec_op.c wpopenv: pipes for input and output, no handle for errors. The input stays open. For a delete
   there is no pipe for output, and the input is closed behind the line. */
static BOOL start_as_wazuh(wchar_t *command_line, const wchar_t *line, BOOL is_delete)
{
    HANDLE input, output = NULL, from_output;
    make_pipe(&input, &to_program, &to_program);
    if (!is_delete) make_pipe(&from_output, &output, &from_output);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = input;
    startup.hStdOutput = output;
    if (!start(command_line, TRUE, 0)) return FALSE;
    CloseHandle(input);
    send_line(to_program, line);
    if (is_delete) {
        CloseHandle(to_program);
        to_program = NULL;
        return TRUE;
    }
    CloseHandle(output);
    pass_on(from_output);
    return TRUE;
}

/* Standard handles are given, and none of them is one. */
static BOOL start_without_handles(wchar_t *command_line)
{
    startup.dwFlags = STARTF_USESTDHANDLES;
    return start(command_line, TRUE, DETACHED_PROCESS);
}

/* Output and errors go to a pipe that nobody reads any more. */
static BOOL start_unheard(wchar_t *command_line)
{
    HANDLE output, from_output;
    make_pipe(&from_output, &output, &from_output);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdOutput = startup.hStdError = output;
    CloseHandle(from_output);
    return start(command_line, TRUE, 0);
}

/* True when somebody still has the other end of the pipe that was the program's input. */
static BOOL is_held(void)
{
    DWORD written;
    return to_program != NULL && WriteFile(to_program, "?", 1, &written, NULL);
}

int wmain(int argc, wchar_t **argv)
{
    BOOL started = FALSE;
    DWORD code;
    if (argc < 3) return 201;
    own_output = GetStdHandle(STD_OUTPUT_HANDLE);
    /* A service has no console that its children could share. */
    FreeConsole();
    /* ossec-hids src/os_execd/exec.c ExecCmd_Win32: nothing is inherited, no flags. */
    if (is(argv[1], L"ossec")) started = start(argv[2], FALSE, 0);
    if (is(argv[1], L"wazuh") && argc > 3) started = start_as_wazuh(argv[2], argv[3], FALSE);
    if (is(argv[1], L"wazuh-delete") && argc > 3) started = start_as_wazuh(argv[2], argv[3], TRUE);
    if (is(argv[1], L"without-handles")) started = start_without_handles(argv[2]);
    if (is(argv[1], L"unheard")) started = start_unheard(argv[2]);
    if (!started) return 200;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return is_held() ? 202 : (int)code;
}
