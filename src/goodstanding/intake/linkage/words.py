"""Words of organisations' names: divisions, legal forms, trades. Our own lists, short on purpose.

What a list lacks costs nothing but a little weight: the word then counts as part of the brand, on both sides alike.
"""

from __future__ import annotations

from typing import Final

from goodstanding.identity import PROVINCES

_PREFECTURES: Final = """
13 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水
14 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁
15 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安 锡林郭勒 阿拉善
21 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛
22 长春 吉林 四平 辽源 通化 白山 松原 白城 延边
23 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭
32 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁
33 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水
34 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
35 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德
36 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
37 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 莱芜 临沂 德州 聊城 滨州 菏泽
41 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 济源
42 武汉 黄石 十堰 宜昌 襄阳 襄樊 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 天门 神农架
43 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西
44 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
45 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左
46 海口 三亚 三沙 儋州
51 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山
52 贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南
53 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 思茅 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆
54 拉萨 日喀则 昌都 林芝 山南 那曲 阿里
61 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
62 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南
63 西宁 海东 海北 黄南 海南 果洛 玉树 海西
64 银川 石嘴山 吴忠 固原 中卫
65 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰 石河子
"""
PREFECTURES: Final[dict[str, str]] = {
    name: line.split()[0] for line in _PREFECTURES.strip().splitlines() for name in line.split()[1:]
}
"""Short name of a prefecture-level division, and the first two digits of its province's code. 海南 and 吉林 are also
provinces; as a province they are meant far more often."""

PROVINCE_OF_NAME: Final[dict[str, str]] = {
    name: division.code[:2] for division in PROVINCES for name in (division.zh, division.zh_short)
}

SHORT_PROVINCE: Final[dict[str, str]] = {division.zh: division.zh_short for division in PROVINCES}

COMPANY_FORMS: Final = (
    "股份有限责任公司",
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "公司",
)
"""Longest first. What follows one names a branch."""

BODY_FORMS: Final = (
    "经营部", "门市部", "营业部", "服务部", "供应站", "加工厂", "合作社", "联合社", "事务所", "研究所", "研究院",
    "供销社", "信用社", "储蓄所", "邮政所", "商店", "商场", "商行", "分店", "分厂", "总厂", "工厂", "学校", "医院",
    "中心", "协会", "学会", "基金会", "支行", "分行", "支公司", "分公司", "酒店", "宾馆", "饭店", "超市", "药店",
    "药房", "网吧", "集团", "厂", "店", "社", "站", "场", "所", "部", "院", "行", "馆", "矿",
)  # fmt: skip

PARTNERSHIP_FORMS: Final = ("特殊普通合伙", "普通合伙", "有限合伙", "个人独资", "有限责任", "普通合伙企业")

_TRADES_LIST: Final = """
科技 技术 贸易 商贸 经贸 工贸 外贸 商业 商务 实业 工业 农业 林业 渔业 牧业 发展 开发 投资 管理 咨询 服务 顾问
策划 建筑 建设 工程 安装 装饰 装修 装潢 设计 监理 勘察 测绘 市政 路桥
机械 机电 设备 电子 电器 电气 电力 电缆 仪器 仪表 自动化 信息 网络 软件 通信 通讯 数据 智能 系统 集成 互联网
计算机 文化 传媒 传播 广告 影视 教育 培训 医药 医疗 药业 生物 制药 器械
食品 餐饮 饮食 酒业 酒店 茶业 粮油 粮食 农产品 水产 养殖 种植 畜牧 饲料 种业 园林 绿化 苗木 生态 环保 环境
化工 化学 石化 石油 塑料 塑胶 橡胶 包装 印刷 印务 纸业 造纸 纺织 服装 服饰
制衣 针织 皮革 鞋业 家具 家居 家电 建材 材料 木业 陶瓷 玻璃 水泥 混凝土 钢铁 金属 有色 五金 模具 铸造 矿业
煤炭 煤业 能源 新能源 燃气 天然气 热力 供热 水务 供水 制造 制品 加工 生产
销售 经营 汽车 汽配 配件 摩托车 运输 客运 货运 物流 储运 仓储 快递 航空 航运 船舶 港口 铁路 房地产 地产 置业
房产 物业 租赁 中介 经纪 代理 保险 证券 银行 金融 典当 担保 拍卖 信托
基金 资产 资本 小额贷款 贷款 旅游 旅行社 娱乐 体育 健身 健康 美容 珠宝 工艺品 玩具 礼品 日用品 化妆品 百货
超市 市场 连锁 零售 批发 进出口 国际 国内 供应链 电子商务 人力资源 劳务 保安
家政 清洁 检测 认证 评估 会计 律师 税务 专利 知识产权 集团 控股 企业 产业 事业 综合 农业开发 农民 专业 水利
水电 光电 光伏 太阳能 照明 空调 制冷 消防 安防
"""
TRADES: Final = frozenset(_TRADES_LIST.split())
LONGEST_TRADE: Final = max(map(len, TRADES))

LATIN_FORMS: Final[dict[str, str]] = {
    spelling: form
    for form, spellings in {
        "ltd": "ltd limited ltda ltd co;co ltd;company limited;co limited;pte ltd;pvt ltd;private limited;pty ltd",
        "plc": "plc;public limited company",
        "inc": "inc;incorporated",
        "corp": "corp;corporation",
        "llc": "llc;l l c;limited liability company;ooo",
        "llp": "llp;limited liability partnership",
        "lp": "lp;limited partnership",
        "co": "co;company;cie",
        "gmbh": "gmbh;gesellschaft mit beschrankter haftung;mbh",
        "gmbh co kg": "gmbh co kg;gmbh und co kg;gmbh and co kg",
        "ag": "ag;aktiengesellschaft",
        "kg": "kg;kommanditgesellschaft",
        "ohg": "ohg",
        "ev": "ev;e v;eingetragener verein",
        "bv": "bv;b v;besloten vennootschap;bvba;besloten vennootschap met beperkte aansprakelijkheid",
        "nv": "nv;n v;naamloze vennootschap",
        "cv": "cv;c v;commanditaire vennootschap",
        "vof": "vof;v o f;vennootschap onder firma",
        "stichting": "stichting",
        "maatschap": "maatschap",
        "cooperatie": "cooperatie u a;cooperatie ua;cooperatie",
        "sa": "sa;s a;societe anonyme;sociedad anonima",
        "sarl": "sarl;s a r l;societe a responsabilite limitee",
        "sas": "sas;s a s;societe par actions simplifiee",
        "srl": "srl;s r l",
        "spa": "spa;s p a;societa per azioni",
        "sl": "sl;s l;sociedad limitada",
        "ab": "ab;aktiebolag",
        "as": "as;a s;aktieselskab;aksjeselskap",
        "aps": "aps",
        "oy": "oy;oyj",
        "spzoo": "sp z o o;sp zoo",
        "kk": "kk;k k;kabushiki kaisha",
        "foundation": "foundation",
    }.items()
    for spelling in spellings.split(";")
}
"""Spellings of common legal forms of ISO 20275 without signs and accents, and one short form for each."""

_LATIN_TRADES_LIST: Final = """
group holding holdings beheer international services service solutions systems technologies technology tech
trading trade management consulting consultants advies nederland netherlands europe global industries
enterprises company associates partners investments invest capital finance financial real estate properties
vastgoed center centre school academy association society institute day care child children early childhood
learning development care education and of the for de der den van het en und et la le el los du des
"""
LATIN_TRADES: Final = frozenset(_LATIN_TRADES_LIST.split())
LATIN_SHORT: Final[dict[str, str]] = {
    "intl": "international", "mfg": "manufacturing", "assn": "association", "assoc": "association", "ctr": "center",
    "cntr": "center", "centre": "center", "dept": "department", "univ": "university", "natl": "national",
    "mgmt": "management", "svcs": "services", "svc": "service", "serv": "services", "bros": "brothers", "st": "saint",
    "mt": "mount", "acad": "academy", "elem": "elementary", "elementry": "elementary", "hosp": "hospital",
    "tech": "technology", "technologies": "technology", "dev": "development",
    "devel": "development", "org": "organization",
    "sch": "school", "govt": "government",
    "comm": "community", "childrens": "children", "ind": "industries", "n": "north",
}  # fmt: skip
_STREET_WORDS_LIST: Final = """
street st avenue ave av road rd boulevard blvd drive dr lane ln place pl court ct parkway pkwy highway hwy
square sq terrace ter way north south east west n s e w nw ne sw se suite ste unit floor fl apt room rm
"""
STREET_WORDS: Final = frozenset(_STREET_WORDS_LIST.split())
