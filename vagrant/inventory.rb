# Ansible's inventory, as trueup reads it: YAML and INI files, folders of them, `group_vars`,
# `host_vars`. A test holds it against `trueup inventory --list`.
require "shellwords"
require_relative "values"

module Lab
  # Host names with ranges and ports: `pg-[a:c]`, `web[01:10:2].example.org:2222`.
  module Names
    MOST = 100_000

    module_function

    # The names that a pattern stands for, and its port.
    def unfold(pattern)
      host, port = split(pattern)
      [ranges(host), port]
    end

    def split(pattern)
      # A bare IPv6 address has colons of its own; with a port it stands in brackets.
      return [pattern, nil] if pattern.count(":") > 1 && pattern.match?(/\A[0-9a-fA-F:.]+\z/)
      host, port = pattern.match(/\A(.*):([^:\]]*)\z/m)&.captures
      return [pattern, nil] if host.nil?
      raise Wrong, "`#{pattern}` ends where a port should follow the `:`" if host.empty? || port.empty?
      raise Wrong, "`#{port}` is not a port" unless port.match?(/\A\+?[0-9]+\z/) && port.to_i < 65_536
      [host[/\A\[([0-9a-fA-F:.]+)\]\z/, 1] || host, port.to_i]
    end

    def ranges(pattern)
      head, rest = pattern.split("[", 2)
      return [pattern] if rest.nil?
      range, tail = rest.split("]", 2)
      raise Wrong, "the `[` in `#{pattern}` is never closed" if tail.nil?
      names = range(range).product(ranges(tail)).map { |middle, end_| "#{head}#{middle}#{end_}" }
      raise Wrong, "`#{pattern}` stands for more than #{MOST} hosts" if names.size > MOST
      names
    end

    def range(range)
      bad = ->(why) { raise Wrong, "`[#{range}]` is no range: #{why}" }
      first, last, step, *more = range.split(":", -1)
      bad["write `[first:last]` or `[first:last:step]`"] if last.nil? || !more.empty?
      bad["the step must be a number from 1"] unless step.nil? || step.match?(/\A0*[1-9][0-9]*\z/)
      bad["its end is missing"] if last.empty?
      first = "0" if first.empty?
      unless [first, last].all?(/\A[0-9]+\z/) || [first, last].all?(/\A[a-zA-Z]\z/)
        bad["both ends must be numbers, or both one letter"]
      end
      steps(first, last, (step || 1).to_i, bad)
    end

    def steps(first, last, step, bad)
      if first.match?(/[0-9]/)
        padded = first.length > 1 && first.start_with?("0")
        bad["with leading zeros both ends must be equally long"] if padded && first.length != last.length
        from, to, width = first.to_i, last.to_i, padded ? first.length : 0
        name = ->(number) { number.to_s.rjust(width, "0") }
      else
        from, to = first.ord, last.ord
        name = ->(number) { number.chr }
      end
      bad["its end comes before its beginning"] if from > to
      bad["it stands for too many hosts"] if (to - from) / step >= MOST
      letters = (from..to).select { |number| name[number].match?(/\A[0-9a-zA-Z]+\z/) }
      letters.each_slice(step).map { |few| name[few.first] }
    end
  end

  Group = Struct.new(:hosts, :children, :parents, :vars, :priority, :depth)
  Host = Struct.new(:vars, :groups)

  class Inventory
    # What is never read in a folder of sources.
    IGNORED = %w[.pyc .pyo .swp .bak ~ .rpm .md .txt .rst .orig .cfg .retry .ini].freeze

    # The name of its folder, or of its file where that says more than `hosts`.
    attr_reader :name, :hosts, :groups

    def initialize(path)
      raise Wrong, "there is no inventory #{path}" unless File.exist?(path)
      @folder = File.directory?(path) ? path : File.dirname(path)
      @name = name_of(File.realpath(path))
      @hosts = {}
      @groups = {}
      link("all", "ungrouped")
      File.directory?(path) ? folder(path) : file(path)
      finish
    end

    # The host's variables, the stronger over the weaker.
    def vars(host)
      groups = ancestry(host)
      files = groups.partition { |group| group == "all" }.flatten.map { |group| beside("group_vars", group) }
      layers = groups.map { |group| @groups[group].vars } + files
      (layers + [@hosts.fetch(host).vars, beside("host_vars", host)]).reduce({}, :merge)
    end

    # What `trueup inventory --list` prints.
    def list
      vars = @hosts.keys.sort.to_h { |host| [host, vars(host)] }
      meta = { "hostvars" => vars.reject { |_, own| own.empty? }, "profile" => "inventory_legacy" }
      @groups.keys.sort.each_with_object({ "_meta" => meta }) do |name, list|
        group = @groups[name]
        entry = {}
        entry["children"] = group.children unless group.children.empty?
        entry["hosts"] = group.hosts unless group.hosts.empty? || name == "all"
        list[name] = entry unless entry.empty?
      end
    end

    # A group, made when it is new.
    def group(name) = @groups[name] ||= Group.new([], [], [], {}, 1, 0)

    def host(name, group)
      host = @hosts[name] ||= Host.new({}, [])
      host.groups |= [group]
      group(group).hosts |= [name]
      host
    end

    # Puts a group into another one.
    def child(parent, child)
      raise Wrong, "the group `#{child}` can't be in `#{parent}`, which is in it" if within?(child, parent)
      link(parent, child)
    end

    def group_var(group, key, value)
      return group(group).vars[key] = value unless key == "ansible_group_priority"
      priority = Integer(value, exception: false)
      raise Wrong, "`ansible_group_priority` of `#{group}` must be a number" if priority.nil?
      group(group).priority = priority
    end

    private

    def name_of(path)
      return File.basename(path) if File.directory?(path)
      stem = File.basename(path, ".*")
      %w[hosts inventory].include?(stem) ? File.basename(File.dirname(path)) : stem
    end

    def link(parent, child)
      group(parent).children |= [child]
      group(child).parents |= [parent]
    end

    def within?(from, to) = from == to || (@groups[from]&.children || []).any? { |child| within?(child, to) }

    def folder(path)
      Dir.children(path).sort.each do |entry|
        next if %w[group_vars host_vars vars_plugins].include?(entry) || entry.start_with?(".")
        next if entry.end_with?(*IGNORED)
        inner = File.join(path, entry)
        File.directory?(inner) ? folder(inner) : file(inner)
      end
    end

    def file(path)
      text = Lab.text(path)
      raise Wrong, "#{path}: inventory scripts are not supported" if text.start_with?("#!")
      case File.extname(path)
      when ".yml", ".yaml", ".json" then YamlSource.new(self, path).read(Document.read(path))
      when ".toml" then raise Wrong, "#{path}: write it in YAML"
      when "" then either(path, text)
      else IniSource.new(self, path).read(text)
      end
    end

    # Without an ending it is YAML when it reads as a mapping.
    def either(path, text)
      root = begin
        Document.read(path)
      rescue Wrong
        nil
      end
      return YamlSource.new(self, path).read(root) if root.is_a?(Hash)
      IniSource.new(self, path).read(text)
    end

    # Every group hangs below `all`, every host stands in a group, and depths are known.
    def finish
      @groups.each { |name, group| link("all", name) if group.parents.empty? && name != "all" }
      lone = group("ungrouped")
      @hosts.each do |name, host|
        if (host.groups - %w[all ungrouped]).empty?
          lone.hosts |= [name]
          host.groups |= ["ungrouped"]
        else
          host.groups -= ["ungrouped"]
          lone.hosts -= [name]
        end
      end
      sink("all")
    end

    # The longest way from `all` counts.
    def sink(name)
      @groups[name].children.each do |child|
        next if @groups[child].depth > @groups[name].depth
        @groups[child].depth = @groups[name].depth + 1
        sink(child)
      end
    end

    # All groups that a host is in, the weakest first.
    def ancestry(host)
      names, ahead = ["all"], @hosts.fetch(host).groups.dup
      until ahead.empty?
        name = ahead.pop
        next if names.include?(name)
        names << name
        ahead.concat(@groups[name].parents)
      end
      names.sort_by { |name| [@groups[name].depth, @groups[name].priority, name] }
    end

    # The variables in the files that `name` stands for in a folder of variables.
    def beside(kind, name)
      return {} if name.include?("/")
      base = File.join(@folder, kind, name)
      first = ["", ".yml", ".yaml", ".json"].map { |ending| base + ending }.find { |path| File.exist?(path) }
      return {} if first.nil?
      (File.directory?(first) ? files_in(first) : [first]).reduce({}) do |all, path|
        vars = Document.read(path) || {}
        raise Wrong, "#{path}: a file of variables holds a mapping" unless vars.is_a?(Hash)
        all.merge(vars)
      end
    end

    def files_in(folder)
      Dir.children(folder).sort.flat_map do |entry|
        path = File.join(folder, entry)
        next [] if entry.start_with?(".") || entry.end_with?("~")
        next files_in(path) if File.directory?(path)
        ["", ".yml", ".yaml", ".json"].include?(File.extname(entry)) ? [path] : []
      end
    end
  end

  # Groups and hosts in YAML.
  class YamlSource
    def initialize(inventory, path)
      @inventory = inventory
      @path = path
    end

    def read(root)
      raise Wrong, "#{@path}: an inventory is a mapping of groups: begin with `all:`" unless root.is_a?(Hash)
      raise Wrong, "#{@path}: inventory plugins are not supported: write the hosts down" if root.key?("plugin")
      root.each { |name, body| group(name, body) }
    rescue Wrong => error
      raise error if error.message.start_with?(@path)
      raise Wrong, "#{@path}: #{error.message}"
    end

    private

    def group(name, body)
      @inventory.group(name)
      return if body.nil?
      raise Wrong, "the group `#{name}` has `hosts`, `vars` or `children`" unless body.is_a?(Hash)
      body.each do |key, value|
        # One name alone is a mapping of it.
        entries = value.is_a?(String) ? { value => nil } : value
        next if entries.nil?
        raise Wrong, "`#{key}` in the group `#{name}` is no mapping" unless entries.is_a?(Hash)
        entries.each { |entry, inner| part(name, key, entry, inner) }
      end
    end

    def part(group, kind, name, value)
      case kind
      when "vars" then @inventory.group_var(group, name, value)
      when "hosts" then hosts(group, name, value || {})
      when "children"
        group(name, value)
        @inventory.child(group, name)
      else raise Wrong, "unknown key `#{kind}` in the group `#{group}`"
      end
    end

    def hosts(group, pattern, vars)
      raise Wrong, "the host `#{pattern}` has a mapping of variables" unless vars.is_a?(Hash)
      names, port = Names.unfold(pattern)
      vars = { "ansible_port" => port }.merge(vars) if port
      names.each { |name| @inventory.host(name, group).vars.merge!(vars) }
    end
  end

  # Groups and hosts in INI.
  class IniSource
    def initialize(inventory, path)
      @inventory = inventory
      @path = path
    end

    def read(text)
      group, kind, number = "ungrouped", "hosts", 0
      text.each_line do |whole|
        number += 1
        line = whole.strip
        next if line.empty? || line.start_with?("#", ";")
        if line.start_with?("[") && line.match?(/\A[^\]]*(\]\s*([#;].*)?)?\z/)
          group, kind = section(line)
        else
          send(kind, group, line)
        end
      end
    rescue Wrong => error
      raise Wrong, "#{@path}:#{number}: #{error.message}"
    end

    private

    def section(line)
      name, kind = line.match(/\A\[([^\]\s:]+)(?::(hosts|children|vars))?\]/)&.captures
      raise Wrong, "`#{line}` is no section: write `[group]`, `[group:vars]` or `[group:children]`" if name.nil?
      @inventory.group(name)
      [name, kind || "hosts"]
    end

    def hosts(group, line)
      pattern, *words = Shellwords.split(uncommented(line))
      names, port = Names.unfold(pattern)
      vars = words.to_h do |word|
        key, value = word.split("=", 2)
        raise Wrong, "`#{word}` after the host is no `key=value`" if value.nil?
        [key, Values.literal(value)]
      end
      vars = { "ansible_port" => port }.merge(vars) if port
      names.each { |name| @inventory.host(name, group).vars.merge!(vars) }
    rescue ArgumentError
      raise Wrong, "a quote is never closed"
    end

    def children(group, line)
      child = uncommented(line).strip
      raise Wrong, "`#{child}` is no name of a group" if child.empty? || child.match?(/\s/)
      @inventory.child(group, child)
    end

    def vars(group, line)
      key, value = line.split("=", 2)
      raise Wrong, "`#{line}` is no `key=value`" if value.nil?
      @inventory.group_var(group, key.strip, Values.literal(value.strip))
    end

    # The line up to a `#` that begins a word outside quotes.
    def uncommented(line)
      quote, before = nil, " "
      line.each_char.with_index do |char, at|
        if quote
          quote = nil if char == quote
        elsif ["'", '"'].include?(char)
          quote = char
        elsif char == "#" && before.match?(/\s/)
          return line[0...at]
        end
        before = char
      end
      line
    end
  end
end
