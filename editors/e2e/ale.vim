" The documented configuration in Vim with ALE, driven by hand. `:cquit` where something is not seen.
set nocompatible
packadd! ale
filetype plugin on
syntax on
" For the picture.
set background=light laststatus=2
let g:ale_linters = {'python': ['nnx']}
let g:ale_lint_on_text_changed = 'always'
let g:ale_lint_delay = 50
let g:ale_history_log_output = 1

call ale#linter#Define('python', {
\   'name': 'nnx',
\   'lsp': 'stdio',
\   'executable': 'nnx-lsp',
\   'command': '%e',
\   'project_root': function('getcwd'),
\})

function! Seen(code) abort
    return filter(copy(ale#engine#GetLoclist(bufnr(''))), {_, each -> get(each, 'code', '') ==# a:code})
endfunction

function! Word(code) abort
    let l:each = Seen(a:code)[0]
    return strpart(getline(l:each.lnum), l:each.col - 1, l:each.end_col - l:each.col + 1)
endfunction

function! Wait(what, condition) abort
    for l:_ in range(400)
        try
            if eval(a:condition)
                call writefile(['   ' . a:what], $NNX_SEEN, 'a')
                return
            endif
        catch
        endtry
        sleep 50m
    endfor
    call writefile(['never seen: ' . a:what, string(ale#engine#GetLoclist(bufnr('')))], $NNX_SEEN, 'a')
    cquit
endfunction

function! Picture() abort
    redraw!
    call writefile([], $NNX_PICTURE)
    for l:_ in range(400)
        if !filereadable($NNX_PICTURE)
            return
        endif
        sleep 50m
    endfor
endfunction

" What ALE's menu does with a choice; its question on the command line waits for keys, which nobody types.
function! Choose(data, items) abort
    for [l:_, l:item] in a:items
        if l:item.title ==# 'Rename to rate='
            call ale#codefix#ApplyLSPCodeAction(a:data, l:item)
        endif
    endfor
endfunction

function! Run() abort
    edit model.py
    call Wait('a diagnostic at the right word', 'Word("NNX708") ==# "p=0.1"')
    call cursor(Seen('NNX708')[0].lnum, Seen('NNX708')[0].col)
    ALEHover
    call Wait('hover shows the rule''s page', 'execute("messages") =~# "keyword of PyTorch" || join(map(range(1, bufnr("$")), {_, n -> join(getbufline(n, 1, "$"))})) =~# "keyword of PyTorch"')
    call Picture()
    pclose
    " On the number: ALE looks for the word under the cursor to the left of it, and finds the `p` of `Dropout`.
    call cursor(0, Seen('NNX708')[0].col + 2)
    call ale#codefix#Execute(0, function('Choose'))
    call Wait('the quick fix repairs the line', 'getline(".") =~# "nnx.Dropout(rate=0.1, rngs=rngs)"')
    doautocmd TextChanged
    call Wait('its diagnostic is gone', 'empty(Seen("NNX708"))')
    call append(line('$'), 'more = jax.random.uniform(nnx.Rngs(1), (2,))')
    doautocmd TextChanged
    call Wait('a mistake that is typed appears', 'Word("NNX101") ==# "nnx.Rngs(1)"')
    undo
    doautocmd TextChanged
    call Wait('undone, it goes', 'empty(Seen("NNX101"))')
    qall!
endfunction

function! Begin() abort
    try
        call Run()
    catch
        call writefile([v:exception, v:throwpoint], $NNX_SEEN, 'a')
        cquit
    endtry
endfunction

call timer_start(200, {-> Begin()})
