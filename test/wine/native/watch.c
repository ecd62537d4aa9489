/*
 * Watches the worker from within, and kills it where a test wants it. It stands as userenv.dll beside the program: Wine, unlike
 * Windows, looks there first. It takes the place of the system's calls in the program's import table, numbers and records them,
 * and obeys C:\watch\plan, whose lines are
 *   kill before|after NUMBER WHAT     TerminateProcess at the so-manieth call whose name begins with WHAT
 *   kill later NUMBER WHAT            it waits behind that call, until C:\watch\now is there, and is killed then
 *   fault NUMBER KIND WHAT            the so-manieth tool, or with 0 each one, whose command line has WHAT in it goes wrong:
 *                                     KIND is "missing", or else the first argument of faulty.exe
 */
#include <stdio.h>
#include <windows.h>

#define LONGEST 4096

static CRITICAL_SECTION one_at_a_time;
static HANDLE record = INVALID_HANDLE_VALUE;
static struct { char when[8], what[LONGEST]; int nth; } kill_plan;
static struct { char kind[32], what[LONGEST]; int nth; } fault_plan;

/* What handles are open on: handles are multiples of four. */
static char *names[65536];
#define NAME_OF(handle) names[((UINT_PTR)(handle) >> 2) & 0xffff]

/* Leaves a last line in the record, so that a test can tell that it happened. */
static void kill_here(const char *when, BOOL is_it)
{
    DWORD written;
    BOOL later = strcmp(kill_plan.when, "later") == 0 && strcmp(when, "after") == 0;
    if (!is_it || (strcmp(kill_plan.when, when) != 0 && !later)) return;
    while (later && GetFileAttributesW(L"C:\\watch\\now") == INVALID_FILE_ATTRIBUTES) Sleep(20);
    WriteFile(record, "killed\n", 7, &written, NULL);
    TerminateProcess(GetCurrentProcess(), 1);
}

/* Notes a call that is about to happen. True where the plan means this one. */
static BOOL begin(const char *verb, const char *name)
{
    char line[LONGEST];
    DWORD written;
    BOOL is_it;
    int length = snprintf(line, sizeof line - 1, "%s %s", verb, name);
    if (length > (int)sizeof line - 2) length = sizeof line - 2;
    EnterCriticalSection(&one_at_a_time);
    is_it = strncmp(line, kill_plan.what, strlen(kill_plan.what)) == 0 && --kill_plan.nth == 0;
    line[length] = '\n';
    WriteFile(record, line, length + 1, &written, NULL);
    kill_here("before", is_it);
    LeaveCriticalSection(&one_at_a_time);
    return is_it;
}

static void narrow(const wchar_t *text, char *into)
{
    if (!WideCharToMultiByte(CP_UTF8, 0, text, -1, into, LONGEST, NULL, NULL)) into[0] = 0;
}

/* The file's name, where it is one of the agent's or of ours; the program itself is neither. */
static BOOL is_watched(const wchar_t *path, char *name)
{
    if (path == NULL) return FALSE;
    if (wcsncmp(path, L"\\\\?\\", 4) == 0) path += 4;
    narrow(path, name);
    if (strstr(name, "\\bin\\") != NULL) return FALSE;
    return strstr(name, "\\contain-host\\state") != NULL || strstr(name, "\\ossec-agent\\") != NULL;
}

static void note_name(HANDLE handle, const char *name)
{
    free(NAME_OF(handle));
    NAME_OF(handle) = name == NULL ? NULL : strdup(name);
}

/* Fills `name` for the standard output and for the files that are watched. */
static BOOL is_open(HANDLE handle, char *name)
{
    const char *known = handle == GetStdHandle(STD_OUTPUT_HANDLE) ? "stdout" : NAME_OF(handle);
    if (known != NULL) snprintf(name, LONGEST, "%s", known);
    return known != NULL;
}

#define WATCHED_CALL(type, verb, condition, call)                                                                             \
    char name[LONGEST];                                                                                                       \
    BOOL is_it;                                                                                                               \
    type result;                                                                                                              \
    if (!(condition)) return call;                                                                                            \
    is_it = begin(verb, name);                                                                                                \
    result = call;                                                                                                            \
    kill_here("after", is_it);                                                                                                \
    return result

static HANDLE WINAPI create_file(LPCWSTR path, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security, DWORD how,
                                 DWORD flags, HANDLE like)
{
    char name[LONGEST];
    BOOL watched = is_watched(path, name), looks = how == OPEN_EXISTING && !(access & (GENERIC_WRITE | FILE_WRITE_DATA | DELETE));
    BOOL is_it = watched && begin(looks ? "look" : "open", name);
    HANDLE file = CreateFileW(path, access, share, security, how, flags, like);
    DWORD error = GetLastError();
    if (file != INVALID_HANDLE_VALUE) note_name(file, watched ? name : NULL);
    kill_here("after", is_it);
    SetLastError(error);
    return file;
}

static BOOL WINAPI close(HANDLE handle)
{
    /* Before it: behind it the number may be another's. */
    note_name(handle, NULL);
    return CloseHandle(handle);
}

static BOOL WINAPI write_file(HANDLE file, LPCVOID bytes, DWORD count, LPDWORD written, LPOVERLAPPED overlapped)
{
    WATCHED_CALL(BOOL, "write", is_open(file, name), WriteFile(file, bytes, count, written, overlapped));
}

static BOOL WINAPI flush(HANDLE file)
{
    WATCHED_CALL(BOOL, "flush", is_open(file, name), FlushFileBuffers(file));
}

/* Removes, renames or cuts it. */
static BOOL WINAPI set_information(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, LPVOID information, DWORD size)
{
    WATCHED_CALL(BOOL, "set", is_open(file, name), SetFileInformationByHandle(file, class, information, size));
}

static BOOL WINAPI move(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    WATCHED_CALL(BOOL, "move", is_watched(from, name), MoveFileExW(from, to, flags));
}

static BOOL WINAPI copy(LPCWSTR from, LPCWSTR to, BOOL fail)
{
    WATCHED_CALL(BOOL, "copy", is_watched(to, name), CopyFileW(from, to, fail));
}

static BOOL WINAPI link_file(LPCWSTR to, LPCWSTR from, LPSECURITY_ATTRIBUTES security)
{
    WATCHED_CALL(BOOL, "link", is_watched(to, name), CreateHardLinkW(to, from, security));
}

static BOOL WINAPI delete_file(LPCWSTR path)
{
    WATCHED_CALL(BOOL, "delete", is_watched(path, name), DeleteFileW(path));
}

static BOOL WINAPI make_folder(LPCWSTR path, LPSECURITY_ATTRIBUTES security)
{
    WATCHED_CALL(BOOL, "mkdir", is_watched(path, name), CreateDirectoryW(path, security));
}

static BOOL WINAPI remove_folder(LPCWSTR path)
{
    WATCHED_CALL(BOOL, "rmdir", is_watched(path, name), RemoveDirectoryW(path));
}

static BOOL goes_wrong(const char *name)
{
    static int met;
    if (fault_plan.kind[0] == 0 || strstr(name, fault_plan.what) == NULL) return FALSE;
    met++;
    return fault_plan.nth == 0 || fault_plan.nth == met;
}

static BOOL WINAPI create_process(LPCWSTR program, LPWSTR line, LPSECURITY_ATTRIBUTES process, LPSECURITY_ATTRIBUTES thread,
                                  BOOL inherit, DWORD flags, LPVOID env, LPCWSTR cwd, LPSTARTUPINFOW how,
                                  LPPROCESS_INFORMATION started)
{
    static const wchar_t faulty[] = L"C:\\watch\\faulty.exe";
    wchar_t other[LONGEST];
    char name[LONGEST];
    BOOL is_it, result;
    DWORD error;
    narrow(line, name);
    is_it = begin("start", name);
    if (goes_wrong(name)) {
        if (strcmp(fault_plan.kind, "missing") == 0) {
            SetLastError(ERROR_FILE_NOT_FOUND);
            return FALSE;
        }
        swprintf(other, LONGEST, L"faulty.exe %hs %ls", fault_plan.kind, line);
        program = faulty;
        line = other;
    }
    result = CreateProcessW(program, line, process, thread, inherit, flags, env, cwd, how, started);
    error = GetLastError();
    if (result) {
        note_name(started->hProcess, name);
        note_name(started->hThread, name);
    }
    kill_here("after", is_it);
    SetLastError(error);
    return result;
}

/*
 * In the process that starts the worker: it cannot close the state folder, and so begins no reading for the worker. Else which
 * calls the worker makes would be a matter of time.
 */
static BOOL WINAPI create_process_in_first(LPCWSTR program, LPWSTR line, LPSECURITY_ATTRIBUTES process,
                                           LPSECURITY_ATTRIBUTES thread, BOOL inherit, DWORD flags, LPVOID env, LPCWSTR cwd,
                                           LPSTARTUPINFOW how, LPPROCESS_INFORMATION started)
{
    if (wcsstr(line, L"\\icacls.exe") != NULL) {
        SetLastError(ERROR_FILE_NOT_FOUND);
        return FALSE;
    }
    return CreateProcessW(program, line, process, thread, inherit, flags, env, cwd, how, started);
}

/* From here on what is not detached dies with us; what is detached waits for `resume`. */
static BOOL WINAPI assign(HANDLE job, HANDLE process)
{
    WATCHED_CALL(BOOL, "assign", is_open(process, name), AssignProcessToJobObject(job, process));
}

static DWORD WINAPI resume(HANDLE thread)
{
    WATCHED_CALL(DWORD, "resume", is_open(thread, name), ResumeThread(thread));
}

/* libuv asks for it when a process has ended. */
static BOOL WINAPI exit_code(HANDLE process, LPDWORD code)
{
    char name[LONGEST];
    BOOL result = GetExitCodeProcess(process, code);
    if (result && *code != STILL_ACTIVE && is_open(process, name)) kill_here("after", begin("end", name));
    return result;
}

struct call { const char *name; void *watched; };

static const struct call calls_of_first[] = {{"CreateProcessW", create_process_in_first}, {NULL, NULL}};

static const struct call calls[] = {
    {"CreateFileW", create_file},
    {"CloseHandle", close},
    {"WriteFile", write_file},
    {"FlushFileBuffers", flush},
    {"SetFileInformationByHandle", set_information},
    {"MoveFileExW", move},
    {"CopyFileW", copy},
    {"CreateHardLinkW", link_file},
    {"DeleteFileW", delete_file},
    {"CreateDirectoryW", make_folder},
    {"RemoveDirectoryW", remove_folder},
    {"CreateProcessW", create_process},
    {"AssignProcessToJobObject", assign},
    {"ResumeThread", resume},
    {"GetExitCodeProcess", exit_code},
    {NULL, NULL},
};

static void replace(const struct call *call, const char *name, void **slot)
{
    DWORD protection;
    for (; call->name != NULL; call++) {
        if (strcmp(call->name, name) != 0) continue;
        VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection);
        *slot = call->watched;
        VirtualProtect(slot, sizeof *slot, protection, &protection);
    }
}

static void watch_calls(const struct call *watched)
{
    BYTE *image = (BYTE *)GetModuleHandleW(NULL);
    IMAGE_NT_HEADERS *headers = (void *)(image + ((IMAGE_DOS_HEADER *)image)->e_lfanew);
    DWORD imports = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    for (IMAGE_IMPORT_DESCRIPTOR *dll = (void *)(image + imports); dll->Name != 0; dll++) {
        IMAGE_THUNK_DATA *wanted = (void *)(image + dll->OriginalFirstThunk), *found = (void *)(image + dll->FirstThunk);
        for (; wanted->u1.AddressOfData != 0; wanted++, found++) {
            if (IMAGE_SNAP_BY_ORDINAL(wanted->u1.Ordinal)) continue;
            replace(watched, ((IMAGE_IMPORT_BY_NAME *)(image + wanted->u1.AddressOfData))->Name, (void **)&found->u1.Function);
        }
    }
}

static void read_plan(void)
{
    static char line[LONGEST];
    FILE *plan = fopen("C:\\watch\\plan", "r");
    if (plan == NULL) return;
    while (fgets(line, sizeof line, plan) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        sscanf(line, "kill %7s %d %4095[^\n]", kill_plan.when, &kill_plan.nth, kill_plan.what);
        sscanf(line, "fault %d %31s %4095[^\n]", &fault_plan.nth, fault_plan.kind, fault_plan.what);
    }
    fclose(plan);
}

BOOL WINAPI GetUserProfileDirectoryW(HANDLE token, LPWSTR folder, LPDWORD size)
{
    SetLastError(ERROR_NOT_SUPPORTED);
    return FALSE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    if (reason != DLL_PROCESS_ATTACH) return TRUE;
    if (wcsstr(GetCommandLineW(), L" --worker ") == NULL) {
        watch_calls(calls_of_first);
        return TRUE;
    }
    InitializeCriticalSection(&one_at_a_time);
    read_plan();
    record = CreateFileW(L"C:\\watch\\record", FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    watch_calls(calls);
    return TRUE;
}
