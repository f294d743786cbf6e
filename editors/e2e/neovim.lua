-- The documented configuration in Neovim, driven by hand: open, look, hover, fix, type. Any error ends it with status 1.
vim.lsp.config("nnx", { cmd = { "nnx-lsp" }, filetypes = { "python" }, root_markers = { "pyproject.toml", ".git" } })
vim.lsp.enable("nnx")

-- For the picture.
vim.o.termguicolors = true
vim.o.background = "light"
vim.o.winborder = "single"
vim.diagnostic.config({ virtual_text = { current_line = true } })

local function say(text)
  vim.fn.writefile({ text }, vim.env.NNX_SEEN, "a")
end

local function wait(what, condition)
  if not vim.wait(20000, function()
    local ok, answer = pcall(condition)
    return ok and answer
  end, 50) then
    error("never seen: " .. what)
  end
  say("   " .. what)
end

local function picture()
  vim.cmd("redraw!")
  vim.fn.writefile({}, vim.env.NNX_PICTURE)
  vim.wait(20000, function()
    return vim.fn.filereadable(vim.env.NNX_PICTURE) == 0
  end, 50)
end

local function found(code)
  for _, each in ipairs(vim.diagnostic.get(0)) do
    if each.code == code then
      return each
    end
  end
end

local function word(each)
  return vim.api.nvim_buf_get_text(0, each.lnum, each.col, each.end_lnum, each.end_col, {})[1]
end

local function run()
  vim.cmd.edit("model.py")
  wait("a diagnostic at the right word", function()
    return word(found("NNX708")) == "p=0.1"
  end)
  wait("it is drawn", function()
    for _, namespace in pairs(vim.api.nvim_get_namespaces()) do
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
        if (mark[4].hl_group or ""):find("DiagnosticUnderlineError") and mark[2] == found("NNX708").lnum then
          return true
        end
      end
    end
  end)

  local each = found("NNX708")
  vim.api.nvim_win_set_cursor(0, { each.lnum + 1, each.col })
  vim.cmd.doautocmd("CursorMoved")
  vim.lsp.buf.hover()
  wait("hover shows the rule's page", function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      local text = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\n")
      if vim.api.nvim_win_get_config(window).relative ~= "" and text:find("keyword of PyTorch", 1, true) then
        return true
      end
    end
  end)
  picture()

  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title == "Rename to rate="
    end,
  })
  wait("the quick fix repairs the line", function()
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    return text:find("nnx.Dropout(rate=0.1, rngs=rngs)", 1, true) and not found("NNX708")
  end)

  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "more = jax.random.uniform(nnx.Rngs(1), (2,))" })
  wait("a mistake that is typed appears", function()
    return word(found("NNX101")) == "nnx.Rngs(1)"
  end)
  vim.cmd.undo()
  wait("undone, it goes", function()
    return not found("NNX101")
  end)

  vim.cmd.edit({ "train.py", bang = true })
  wait("the way of the value is there", function()
    local related = found("NNX401").user_data.lsp.relatedInformation
    for _, step in ipairs(related) do
      if step.message:find("argument `images` of `train_step`", 1, true) then
        return true
      end
    end
  end)
end

local ok, message = xpcall(run, debug.traceback)
if not ok then
  say(message)
end
vim.cmd(ok and "qall!" or "cquit")
