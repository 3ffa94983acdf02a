# What a text in an inventory stands for: YAML 1.1 as Ansible reads it, and the INI format's literals.
#
# YAML.load would not do: Psych takes `1e3` for a number, `1,000` for a thousand and `2026-01-31` for
# a date, and of a key that stands there twice it forgets one without a word.
require "psych"

module Lab
  # What is wrong with an inventory, and where.
  class Wrong < StandardError; end

  # A YAML file's one document; nil when it is empty.
  class Document
    def self.read(path) = new(path).value

    def initialize(path)
      @path = path
      @anchors = {}
      @documents = Psych.parse_stream(Lab.text(path)).children
    rescue Psych::SyntaxError => error
      raise Wrong, "#{path}:#{error.line}:#{error.column}: this is not YAML: #{error.problem}"
    end

    def value
      wrong(@documents[1], "a second document begins here: a file holds one") if @documents.size > 1
      @documents.empty? ? nil : any(@documents.first.root)
    end

    private

    def any(node)
      return @anchors.fetch(node.anchor) if node.is_a?(Psych::Nodes::Alias)
      value = case node
              when Psych::Nodes::Mapping then mapping(node)
              when Psych::Nodes::Sequence then sequence(node)
              else scalar(node)
              end
      @anchors[node.anchor] = value if node.anchor
      value
    rescue KeyError
      wrong(node, "no `&#{node.anchor}` stands above this alias")
    end

    def sequence(node)
      untagged(node, "seq")
      node.children.map { |child| any(child) }
    end

    # What `<<` brings comes first and yields to the mapping's own keys.
    def mapping(node)
      untagged(node, "map")
      own, merged = {}, {}
      node.children.each_slice(2) do |key, value|
        next merge(value, merged) if merge?(key)
        name = name(key)
        wrong(key, "the key `#{name}` stands here twice: remove one of them") if own.key?(name)
        own[name] = any(value)
      end
      merged.reject { |name, _| own.key?(name) }.merge(own)
    end

    def merge?(key) = key.is_a?(Psych::Nodes::Scalar) && plain?(key) && key.value == "<<"

    def merge(node, merged)
      values = any(node)
      (values.is_a?(Array) ? values : [values]).each do |value|
        wrong(node, "`<<` merges a mapping or a list of mappings") unless value.is_a?(Hash)
        value.each { |name, item| merged[name] = item unless merged.key?(name) }
      end
    end

    # A key is a string, as it is written.
    def name(node)
      node = @anchors.fetch(node.anchor) if node.is_a?(Psych::Nodes::Alias)
      return node if node.is_a?(String)
      wrong(node, "a key is a string") unless node.is_a?(Psych::Nodes::Scalar)
      wrong(node, "a key is missing before the `:`") if node.value.empty? && plain?(node)
      @anchors[node.anchor] = scalar(node) if node.anchor
      node.value
    end

    def plain?(node) = node.style == Psych::Nodes::Scalar::PLAIN || (node.plain && !node.quoted)

    def scalar(node)
      case node.tag
      when nil then plain?(node) ? Values.plain(node.value) : node.value
      when "!", "tag:yaml.org,2002:str" then node.value
      when "tag:yaml.org,2002:float" then fitting(node, Float) { |value| value.is_a?(Integer) ? value.to_f : value }
      when "tag:yaml.org,2002:int" then fitting(node, Integer)
      when "tag:yaml.org,2002:bool" then fitting(node, TrueClass, FalseClass)
      when "tag:yaml.org,2002:null" then fitting(node, NilClass)
      else wrong(node, "the tag `#{node.tag}` is not supported: give the value another way")
      end
    end

    def fitting(node, *kinds)
      value = Values.plain(node.value)
      value = yield value if block_given?
      return value if kinds.any? { |kind| value.is_a?(kind) }
      wrong(node, "`#{node.value}` is no value for the tag `#{node.tag}`")
    end

    def untagged(node, kind)
      return if [nil, "tag:yaml.org,2002:#{kind}"].include?(node.tag)
      wrong(node, "the tag `#{node.tag}` is not supported: remove it")
    end

    def wrong(node, words)
      raise Wrong, "#{@path}:#{node.start_line + 1}:#{node.start_column + 1}: #{words}"
    end
  end

  # Scalars.
  module Values
    NULL = ["", "~", "null", "Null", "NULL"].freeze
    TRUE = %w[true True TRUE yes Yes YES on On ON].freeze
    FALSE = %w[false False FALSE no No NO off Off OFF].freeze
    FLOAT = /\A(?<sign>[-+]?)(?<digits>(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?)\z/

    module_function

    # The value of an unquoted scalar.
    def plain(text)
      return nil if NULL.include?(text)
      return true if TRUE.include?(text)
      return false if FALSE.include?(text)
      number(text)
    end

    # A number, else the text.
    def number(text)
      sign, digits = text.match(/\A([-+]?)(.*)\z/m).captures
      integer = integer(digits)
      return sign == "-" ? -integer : integer if integer && integer < 2**63
      return sign == "-" ? -Float::INFINITY : Float::INFINITY if %w[.inf .Inf .INF].include?(digits)
      return Float::NAN if %w[.nan .NaN .NAN].include?(text)
      float = text.match(FLOAT)
      # A sign before a bare point makes a string of it.
      return text if float.nil? || (!sign.empty? && digits.start_with?("."))
      float = "0#{digits.delete("_")}".sub(/\.(?=[eE]|\z)/, ".0").to_f
      sign == "-" ? -float : float
    end

    # `0644` is octal, `1:30` is ninety.
    def integer(digits)
      case digits
      when "0" then 0
      when /\A0b[01_]*[01][01_]*\z/ then digits[2..].delete("_").to_i(2)
      when /\A0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*\z/ then digits[2..].delete("_").to_i(16)
      when /\A0o[0-7_]*[0-7][0-7_]*\z/ then digits[2..].delete("_").to_i(8)
      when /\A0[0-7_]*[0-7][0-7_]*\z/ then digits.delete("_").to_i(8)
      when /\A[1-9][0-9_]*(:[0-5]?[0-9])+\z/
        digits.delete("_").split(":").reduce(0) { |sum, part| (sum * 60) + part.to_i }
      when /\A[1-9][0-9_]*\z/ then digits.delete("_").to_i
      end
    end

    # The value of a text in the INI format: a Python literal where it is one, else the text.
    def literal(text)
      reader = Literal.new(text.strip)
      value = reader.any
      reader.end? ? value : text
    rescue Literal::None
      text
    end
  end

  # Python's literals.
  class Literal
    class None < StandardError; end

    ESCAPES = { "n" => "\n", "t" => "\t", "r" => "\r", "\\" => "\\", "'" => "'", '"' => '"' }.freeze
    DIGITS = "[0-9](?:_?[0-9])*"
    FLOAT = /\A(?:(?:#{DIGITS})?\.#{DIGITS}|#{DIGITS}\.|#{DIGITS}(?=[eE]))(?:[eE][-+]?#{DIGITS})?\z/
    WORDS = { "True" => true, "False" => false, "None" => nil }.freeze

    def initialize(text)
      @rest = text
      @depth = 0
    end

    def any
      @depth += 1
      raise None if @depth > 20
      @rest = @rest.lstrip
      value = case @rest[0]
              when "[" then items("]")
              when "(" then items(")")
              when "{" then map
              when "'", '"' then string(@rest[0])
              when nil then raise None
              else word
              end
      @depth -= 1
      value
    end

    # Whether nothing but a comment is left.
    def end? = @rest.lstrip.empty? || @rest.lstrip.start_with?("#")

    private

    def eat?(token)
      @rest = @rest.lstrip
      return false unless @rest.start_with?(token)
      @rest = @rest[1..]
      true
    end

    def items(close)
      @rest = @rest[1..]
      items = []
      until eat?(close)
        items << any
        next if eat?(",")
        raise None unless eat?(close)
        break
      end
      items
    end

    def map
      @rest = @rest[1..]
      map = {}
      until eat?("}")
        key = any
        raise None unless [String, Integer].include?(key.class) && eat?(":")
        map[key.to_s] = any
        next if eat?(",")
        raise None unless eat?("}")
        break
      end
      map
    end

    def string(quote)
      text = +""
      at = 1
      until (char = @rest[at]) == quote
        raise None if char.nil?
        if char == "\\"
          at += 1
          char = ESCAPES.fetch(@rest[at]) { raise None }
        end
        text << char
        at += 1
      end
      @rest = @rest[at + 1..]
      text
    end

    def word
      word = @rest[/\A[[:alnum:]+\-._]*/]
      @rest = @rest[word.length..]
      return WORDS[word] if WORDS.key?(word)
      sign, digits = word.match(/\A([-+]?)(.*)\z/m).captures
      raise None unless digits.match?(/\A[0-9.]/)
      value = number(digits)
      sign == "-" ? -value : value
    end

    # Python groups digits by `_`, and has no decimal integer with leading zeros, but for zero itself.
    def number(digits)
      case digits
      when /\A0x(_?[0-9a-fA-F])+\z/ then digits[2..].delete("_").to_i(16)
      when /\A0o(_?[0-7])+\z/ then digits[2..].delete("_").to_i(8)
      when /\A0b(_?[01])+\z/ then digits[2..].delete("_").to_i(2)
      when /\A(0(_?0)*|[1-9](_?[0-9])*)\z/ then digits.delete("_").to_i
      when FLOAT then "0#{digits.delete("_")}".sub(/\.(?=[eE]|\z)/, ".0").to_f
      else raise None
      end
    end
  end

  # A file's text.
  def self.text(path)
    text = File.read(path, mode: "rb", encoding: "UTF-8")
    raise Wrong, "#{path} is not text in UTF-8" unless text.valid_encoding?
    text
  rescue SystemCallError => error
    raise Wrong, "#{path} can't be read: #{error.message}"
  end
end
