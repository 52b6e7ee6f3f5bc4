# Completion of @PROGRAM@ for bash 4 and later: asks the program itself.
_@NAME@() {
    local IFS=$'\n'
    COMPREPLY=($("$1" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    # `--set http.port=` waits for its value.
    if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o default -F _@NAME@ @PROGRAM@
